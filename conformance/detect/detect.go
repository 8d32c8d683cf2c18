package detect

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"memlite/conformance/rules"
)

// Bound is how long a detection takes at most, if nobody says otherwise.
const Bound = 25 * time.Second

// Found is what a detection has found out.
type Found struct {
	Profile rules.Profile
	// Observed says it in sentences.
	Observed []string
	// Understood says that some form of set is taken. Otherwise Profile is report, for want of anything better.
	Understood bool
}

// Detect asks the endpoint how it speaks, for bound at most (0 is Bound). The error is only for an endpoint that nobody can connect to;
// one that says nothing, or nothing intelligible, is told so in the sentences.
func Detect(ctx context.Context, addr string, bound time.Duration) (Found, error) {
	if bound <= 0 || bound > Bound {
		bound = Bound
	}
	outside := ctx
	ctx, cancel := context.WithTimeout(ctx, bound)
	defer cancel()
	d := &prober{ctx: ctx, addr: addr, token: strconv.FormatInt(time.Now().UnixNano()%(1<<40), 36)}
	hello, err := d.hello()
	if unreachable(err) && ctx.Err() == nil {
		return Found{}, err
	}
	if why := foreign(hello.text); why != "" {
		return unknown(why), nil
	}
	if p, ok := d.stock(hello); ok {
		return Found{Profile: p, Observed: []string{as(&p)}, Understood: true}, nil
	}
	tried, form, err := d.setForm()
	switch {
	case form != nil:
		return d.survey(form), nil
	case !d.answered && outside.Err() != nil: // it was not the endpoint that closed
		return unknown("The detection was cut short."), nil
	case !d.answered && hello.closed:
		return unknown("It closes every connection without a word."), nil
	case !d.answered && ctx.Err() == nil && err == nil:
		return unknown(fmt.Sprintf("It says nothing: a get, a word that is no command and %d forms of set got no answer. It hangs, or does not take lines of text "+
			"(a framing with lengths before the messages would wait like this).", tried)), nil
	case !d.answered && ctx.Err() != nil:
		return unknown("It says nothing."), nil
	case err != nil:
		return unknown(fmt.Sprintf("The detection ended before it was through: %s.", d.why(err))), nil
	}
	return unknown(fmt.Sprintf("It takes none of the %d forms of set that were tried; to a get it answers %s.", tried, quote(hello.text))), nil
}

// unknown is the end of a detection that has not found a way to speak.
func unknown(why string) Found {
	return Found{Profile: rules.Profiles()[0], Observed: []string{why + " The rules are asked in the words of the profile report."}}
}

// as is the sentence about an endpoint that a built-in profile fits.
func as(p *rules.Profile) string {
	return fmt.Sprintf("It speaks as the profile %s says (%s).", p.Name, p.Summary)
}

// hello waits for a greeting, then asks for a key that is not there. Its answer tells text from something else.
func (d *prober) hello() (answer, error) {
	var greetings []answer
	for range 2 {
		t := d.talk()
		if err := t.open(); err != nil {
			return answer{}, err
		}
		greeting := t.listen(greetWait)
		t.close()
		if greetings = append(greetings, greeting); greeting.text == "" || foreign(greeting.text) != "" {
			break
		}
	}
	if g := greetings[0]; foreign(g.text) != "" || g.closed {
		return g, nil
	} else if len(greetings) == 2 && strings.HasSuffix(g.text, "\n") {
		if text, ok := same(g, greetings[1]); ok {
			d.greeting = strings.Split(text, "\n")
		}
	}
	t := d.talk()
	defer t.close()
	a, err := t.ask("get " + d.key() + "\r\n")
	if a.text == "" && err == nil && !a.closed {
		a, err = t.ask("nonsense\r\n")
	}
	return a, err
}

// stock returns the built-in profile that fits.
func (d *prober) stock(hello answer) (rules.Profile, bool) {
	if len(d.greeting) > 0 || hello.closed || hello.text == "" {
		return rules.Profile{}, false
	}
	for _, p := range rules.Profiles() {
		if !p.Means(hello.text, rules.Missing) {
			continue
		}
		what, kind := d.trial(p)
		if what == "" {
			return p, true
		}
		if kind == "silence" || d.ctx.Err() != nil {
			break // the others would wait as long
		}
	}
	return rules.Profile{}, false
}
