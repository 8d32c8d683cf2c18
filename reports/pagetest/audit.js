// What every page must stand. Each function returns a list of complaints, empty if there is none.
var audit = (() => {
  "use strict";
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const seen = e => e.checkVisibility({contentVisibilityAuto: true, opacityProperty: true, visibilityProperty: true}) && e.getClientRects().length > 0;
  // Kept for screen readers only.
  const unseen = e => e.closest(".hidden, .word") && getComputedStyle(e.closest(".hidden, .word")).clipPath !== "none";
  const text = e => (e.textContent || "").trim().replace(/\s+/g, " ").slice(0, 50);
  const name = e => "<" + e.tagName.toLowerCase() + (e.id ? " id=" + e.id : "") + (e.getAttribute("class") ? " class=" + e.getAttribute("class") : "") + "> " + text(e);
  const label = e => (e.getAttribute("aria-label") || (document.getElementById(e.getAttribute("aria-labelledby")) || {}).textContent || "").trim();
  const list = (what, found) => found.map(e => what + ": " + (e instanceof Element ? name(e) : e)).slice(0, 5);

  // How the page is built: headings, landmarks, tables, pictures, links.
  function structure() {
    const headings = all("h1,h2,h3,h4,h5,h6");
    const levels = headings.map(h => +h.tagName[1]);
    const ids = all("[id]").map(e => e.id);
    const landmarks = "header, nav, main, footer";
    const outside = all("body > *").filter(e => !e.matches(landmarks) && !e.matches("script, style"));
    return [
      ...list("no language", document.documentElement.lang ? [] : ["html"]),
      ...list("no title", document.title.trim() ? [] : ["head"]),
      ...list("a first heading that is no h1", headings.length && levels[0] === 1 ? [] : headings.slice(0, 1).concat(headings.length ? [] : ["none"])),
      ...list("a second h1", headings.filter((h, i) => i && levels[i] === 1)),
      ...list("a heading that jumps", headings.filter((h, i) => i && levels[i] > levels[i - 1] + 1)),
      ...list("an empty heading", headings.filter(h => !text(h))),
      ...list("not one main", all("main").length === 1 ? [] : [all("main").length]),
      ...list("not one header of the page", all("body > header").length === 1 ? [] : [all("body > header").length]),
      ...list("outside every landmark", outside),
      ...list("no name", all("nav, [role=region], main > section, svg[role=img], svg[role=group], iframe").filter(e => !label(e) && !e.title)),
      ...list("a picture that is neither described nor decoration", all("svg").filter(e => !/^(img|group|graphics-document)$/.test(e.getAttribute("role") || "") && e.getAttribute("aria-hidden") !== "true")),
      ...list("a figure without a caption", all("figure").filter(f => !f.querySelector("figcaption"))),
      ...list("a table without a caption", all("table").filter(t => !(t.caption && text(t.caption)) && !label(t))),
      ...list("a table without heads", all("table").filter(t => !t.querySelector("th"))),
      ...list("a head without scope", all("th:not([scope])")),
      ...list("a row of another width", all("table").flatMap(ragged)),
      ...list("a list of something else", all("ul > :not(li), ol > :not(li)")),
      ...list("an id that is there twice", ids.filter((id, i) => ids.indexOf(id) !== i)),
      ...list("a link that leads nowhere", all("a").filter(a => a.getAttribute("href")?.startsWith("#") ? !document.getElementById(decodeURIComponent(a.hash.slice(1))) : !a.getAttribute("href"))),
      ...list("a link to another place", all("a").filter(a => !/^(#|[\w.-]+$)/.test(a.getAttribute("href") || "#"))),
      ...list("a fold without a name", all("details").filter(d => d.firstElementChild?.tagName !== "SUMMARY" || !text(d.firstElementChild))),
      ...list("a script", all("script")),
      ...list("a script in an attribute", all("*").filter(e => [...e.attributes].some(a => /^on|^javascript:/i.test(a.name) || /^\s*javascript:/i.test(a.value)))),
      ...list("something that is fetched", all("img, object, embed, link, video, audio, source, [src]")),
      ...list("a frame that is not shut off", all("iframe").filter(f => f.sandbox.value !== "allow-scripts" && f.sandbox.value !== "")),
    ];
  }

  function ragged(table) {
    const spans = new Map(); // cells that reach down from above
    const width = (row, y) => [...row.cells].reduce((n, c) => {
      for (let i = 1; i < c.rowSpan; i++) spans.set(y + i, (spans.get(y + i) || 0) + c.colSpan);
      return n + c.colSpan;
    }, spans.get(y) || 0);
    const widths = [...table.rows].map(width);
    return [...table.rows].filter((r, i) => widths[i] !== widths[0]);
  }

  // Colours are taken from what is painted: text and the ground behind it, both through what is half transparent.
  const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const colours = new Map();
  function rgba(colour) {
    if (!colours.has(colour)) {
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = colour;
      canvas.fillRect(0, 0, 1, 1);
      const d = canvas.getImageData(0, 0, 1, 1).data;
      colours.set(colour, [d[0], d[1], d[2], d[3] / 255]);
    }
    return colours.get(colour);
  }
  const over = (a, b) => [0, 1, 2].map(i => a[i] * a[3] + b[i] * (1 - a[3])).concat(1);
  const faded = (c, by) => [c[0], c[1], c[2], c[3] * by];
  function opacity(e) { let o = 1; for (; e; e = e.parentElement) o *= +getComputedStyle(e).opacity; return o; }
  function ground(e) {
    const layers = [];
    for (; e; e = e.parentElement) {
      const c = rgba(getComputedStyle(e).backgroundColor);
      if (c[3] > 0) layers.push(c);
      if (c[3] === 1) break;
    }
    return layers.reverse().reduce((under, c) => over(c, under), [255, 255, 255, 1]);
  }
  function luminance(c) {
    const f = v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    return 0.2126 * f(c[0]) + 0.7152 * f(c[1]) + 0.0722 * f(c[2]);
  }
  function ratio(a, b) {
    const [x, y] = [luminance(a), luminance(b)];
    return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
  }

  // Texts under 4.5 to 1, and lines of charts under 3 to 1, as WCAG 2 counts it (1.4.3, 1.4.11).
  function contrast() {
    const low = new Set(), walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let n; (n = walk.nextNode());) {
      const e = n.parentElement;
      if (!n.data.trim() || /^(title|style|script)$/i.test(e.tagName) || e.closest("title") || !seen(e) || unseen(e)) continue;
      const svg = e.closest("svg"), behind = ground(svg ? svg.parentElement : e);
      const c = faded(rgba(svg ? getComputedStyle(e).fill : getComputedStyle(e).color), opacity(e));
      const r = ratio(over(c, behind), behind);
      if (r < 4.5) low.add("hard to read at " + r.toFixed(2) + " to 1: " + n.data.trim().slice(0, 40));
    }
    for (const e of all("svg .line, svg .dot").filter(seen)) {
      const style = getComputedStyle(e), behind = ground(e.closest("svg").parentElement);
      const r = ratio(over(faded(rgba(style.stroke), opacity(e)), behind), behind);
      if (r < 3) low.add("hard to see at " + r.toFixed(2) + " to 1: " + name(e));
    }
    return [...low];
  }

  // What of the page does not fit into the window: it must never be scrolled sideways as a whole, nothing may be cut off,
  // and a part that scrolls must say so to a screen reader and take the focus.
  function fit() {
    const width = document.documentElement.clientWidth, scrolls = e => /auto|scroll/.test(getComputedStyle(e).overflowX);
    const inScroller = e => { for (e = e.parentElement; e; e = e.parentElement) if (scrolls(e)) return true; return false; };
    const wide = document.documentElement.scrollWidth > width ? ["the page is " + document.documentElement.scrollWidth + " wide in a window of " + width] : [];
    const shown = all("body *").filter(e => !e.closest("svg") && seen(e) && !unseen(e));
    const clips = e => /hidden|clip/.test(getComputedStyle(e).overflowX);
    return wide.concat(
      list("reaches out of the window", shown.filter(e => e.getBoundingClientRect().right > width + 1 && !inScroller(e))),
      list("cut off", shown.filter(e => clips(e) && e.scrollWidth > e.clientWidth + 1 && text(e))),
      list("scrolls, but not by keyboard", shown.filter(e => (e.scrollWidth > e.clientWidth + 1 && scrolls(e) || e.scrollHeight > e.clientHeight + 1 && /auto|scroll/.test(getComputedStyle(e).overflowY)) &&
        (e.tabIndex < 0 || !(label(e) || e.matches("pre"))))),
      list("broken within a word", shown.filter(e => e.matches("dt, .status, .level") && !/\s/.test(text(e)) && e.getClientRects()[0].height > 1.8 * parseFloat(getComputedStyle(e).lineHeight))),
      list("too small to hit", shown.filter(e => e.matches("summary, nav a, td > a:only-child")).filter(e => { const b = e.getBoundingClientRect(); return b.width < 24 || b.height < 24; })));
  }

  // Charts: one of the two is shown, its texts are inside of it and do not lie on each other.
  function charts() {
    const found = list("not one chart shown", all("figure").filter(f => f.querySelector("svg")).filter(seen).filter(f => all("svg", f).filter(seen).length !== 1));
    for (const svg of all("svg").filter(seen)) {
      const box = svg.getBoundingClientRect();
      const texts = all("text", svg).filter(seen).map(e => [e, e.getBoundingClientRect()]);
      found.push(...list("outside its chart", texts.filter(([, b]) => b.left < box.left - 2 || b.right > box.right + 2 || b.top < box.top - 2 || b.bottom > box.bottom + 2).map(([e]) => e)));
      for (let i = 0; i < texts.length; i++) for (let j = 0; j < i; j++) {
        const a = texts[i][1], b = texts[j][1];
        const x = Math.min(a.right, b.right) - Math.max(a.left, b.left), y = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (x > 1 && y > 3) found.push("texts on each other: " + text(texts[i][0]) + " | " + text(texts[j][0]) + " in " + svg.getAttribute("aria-label").slice(0, 40));
      }
    }
    return found;
  }

  // Paper does not scroll, and what is read on it has no colours to rely on but its own.
  function paper() {
    const shown = all("body *").filter(e => seen(e) && !unseen(e) && !e.closest("svg"));
    return list("scrolls on paper", shown.filter(e => /auto|scroll/.test(getComputedStyle(e).overflowX) && (e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1)))
      .concat(list("links that can not be followed", all("nav").filter(seen)),
        list("a ground that costs ink", luminance(ground(document.body)) < 0.95 ? [document.body] : []));
  }

  // What the tab key should reach, in order, and where it is now.
  const reachable = () => all("a[href], summary, [tabindex='0'], button, iframe").filter(e => seen(e));
  function focused() {
    const e = document.activeElement, style = getComputedStyle(e), box = e.getBoundingClientRect();
    const ring = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 && ratio(over(rgba(style.outlineColor), ground(e.parentElement || e)), ground(e.parentElement || e)) >= 3;
    return {at: reachable().indexOf(e), name: name(e), ring, inView: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth};
  }

  // Values that a chart shows where it is pointed at: the first, one in the middle and the last of each.
  let pointed = [];
  function values() {
    pointed = all("svg").filter(seen).flatMap(svg => {
      const owners = all("title", svg).map(t => t.parentElement).filter(e => e !== svg && seen(e));
      return [...new Set([owners[0], owners[owners.length >> 1], owners[owners.length - 1]])].filter(Boolean);
    });
    return pointed.length;
  }
  function value(i) {
    pointed[i].scrollIntoView({block: "center", behavior: "instant"});
    const box = pointed[i].getBoundingClientRect();
    return {x: box.x + box.width / 2, y: box.y + box.height / 2};
  }
  const hovered = i => pointed[i].matches(":hover") ? pointed[i].querySelector(":scope > title").textContent.trim() : "";

  return {values, value, hovered, structure, contrast, fit, charts, paper, focused, reachable: () => reachable().map(name)};
})();
