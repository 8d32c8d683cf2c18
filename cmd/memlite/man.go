package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

const aboutMan = `Print the manual page of a command, or of memlite itself, or write all of them
into a folder: memlite.1, memlite-load.1 and so on. They say what --help says.`

func newMan() *cobra.Command {
	var folder string
	cmd := &cobra.Command{
		Use:   "man [COMMAND] [flags]",
		Short: "print or write the manual pages",
		Long:  aboutMan + exitHelp("0 printed, or written", "2 could not be written, or there is no such command"),
		Example: `  memlite man load | man -l -
  memlite man --out ~/.local/share/man/man1   # then: man memlite-load`,
		Args: func(cmd *cobra.Command, args []string) error {
			switch {
			case len(args) > 1:
				return usagef("unexpected argument %q: there is one COMMAND", args[1])
			case len(args) > 0 && folder != "":
				return usagef("--out writes every page: leave out %s", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if folder != "" {
				return writeManual(cmd.Root(), folder)
			}
			of := cmd.Root()
			if len(args) > 0 {
				var err error
				if of, _, err = of.Find(args); err != nil || !hasPage(of) || of == cmd.Root() {
					return unknownCommand(cmd.Root(), args[0])
				}
			}
			_, err := io.WriteString(cmd.OutOrStdout(), manPage(of, built()))
			return err
		},
	}
	cmd.Flags().StringVar(&folder, "out", "", "write every page into the folder `DIR`, which is made if need be")
	return cmd
}

// hasPage says whether a command has a page: all do but cobra's help, which prints what the pages say, and the hidden
// command that completion scripts call.
func hasPage(c *cobra.Command) bool { return !c.Hidden && c.Name() != "help" }

// writeManual writes a page per command into folder.
func writeManual(root *cobra.Command, folder string) error {
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	for _, c := range append(root.Commands(), root) {
		if !hasPage(c) {
			continue
		}
		// Under another name first, so that no page is there by half.
		path := filepath.Join(folder, pageName(c)+".1")
		if err := os.WriteFile(path+".tmp", []byte(manPage(c, built())), 0o666); err != nil {
			return fmt.Errorf("--out: %w", errors.Join(err, os.Remove(path+".tmp")))
		}
		if err := os.Rename(path+".tmp", path); err != nil {
			return fmt.Errorf("--out: %w", err)
		}
	}
	return nil
}

// built is the day of the commit that the program was built from or, where the build does not know it, of the program's file:
// pages of one program are the same whenever they are written.
func built() (at time.Time) {
	if build, ok := debug.ReadBuildInfo(); ok {
		for _, s := range build.Settings {
			if s.Key == "vcs.time" {
				at, _ = time.Parse(time.RFC3339, s.Value)
			}
		}
	}
	if file, err := os.Executable(); err == nil && at.IsZero() {
		if info, err := os.Stat(file); err == nil {
			at = info.ModTime()
		}
	}
	return at.UTC()
}

func pageName(c *cobra.Command) string { return strings.ReplaceAll(c.CommandPath(), " ", "-") }

// manPage is the page of a command in the man macros (man(7)), which groff and mandoc both read. It is made from what --help
// shows. cobra has a writer of its own, by way of Markdown: there our lists run together, and < and _ are lost.
func manPage(c *cobra.Command, day time.Time) string {
	long, exit, _ := strings.Cut(c.Long, exitHeading)
	var p roff
	p.printf(".TH %s 1 %s %q %q\n", plainText(strings.ToUpper(pageName(c))), day.Format(time.DateOnly), "memlite "+version(), "memlite manual")
	p.printf(".nh\n.ad l\n") // no word is cut in two: it may be one to type
	p.section("NAME")
	p.text(pageName(c) + " - " + c.Short)
	p.section("SYNOPSIS")
	p.printf("%s\n", synopsis(c))
	p.section("DESCRIPTION")
	p.prose(long)
	p.commands(c)
	p.options(c)
	if exit != "" {
		p.section("EXIT STATUS")
		for line := range strings.Lines(exit) {
			status, meaning, _ := strings.Cut(strings.TrimSpace(line), " ")
			p.item(bolded(status), meaning)
		}
	}
	if names := pageFlags(c); len(names) > 0 {
		p.section("ENVIRONMENT")
		p.prose(fmt.Sprintf("Every flag can be set in the environment too: %s for --%s. The command line wins.", variable(names[0]), names[0]))
	}
	if c.Example != "" {
		p.section("EXAMPLES")
		p.literal(strings.Split(c.Example, "\n"))
	}
	p.section("SEE ALSO")
	var others []string
	for _, other := range append([]*cobra.Command{c.Root()}, c.Root().Commands()...) {
		if other != c && hasPage(other) {
			others = append(others, bolded(pageName(other))+"(1)")
		}
	}
	p.printf("%s\n", strings.Join(others, ",\n"))
	return p.String()
}

// synopsis is the Use line with its first words bold and what stands for something else slanted.
func synopsis(c *cobra.Command) string {
	_, arguments, _ := strings.Cut(c.Use, " ")
	if c.HasAvailableSubCommands() {
		arguments = "COMMAND"
	}
	return strings.TrimSpace(bolded(c.CommandPath()) + " " + slanted(arguments))
}
