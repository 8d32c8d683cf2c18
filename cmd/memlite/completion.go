package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"memlite/conformance"
)

const aboutCompletion = `Print what has a shell complete memlite's commands, flags and their values: names
of rules and profiles, formats, files of the right kind. The help of each says
how to load it: memlite completion bash --help.`

// valuesOf are what a shell offers behind a flag, whichever command it belongs to. A flag that is not here and says nothing
// itself offers nothing: a folder's files are no help behind --clients.
var valuesOf = map[string]cobra.CompletionFunc{
	"workload": files("yaml", "yml"),
	"targets":  files("yaml", "yml"),
	"replay":   files("csv", "gz", "zst"),
	"tls-ca":   anyFile,
	"tls-cert": anyFile,
	"tls-key":  anyFile,
	"start":    anyFile,

	"nats-creds": anyFile,
	"nats-ca":    anyFile,
	"nats-cert":  anyFile,
	"nats-key":   anyFile,
	"files":      folders,
	"save":       folders,
	"data":       folders,
	"out":        folders,
	"base":       files("json"),
	"head":       files("json"),

	"explain":      ruleList,
	"label-filter": labels,
	"key-dist":     fixed("uniform", "zipf:0.99", "hot:0.2/0.8", "sequential", "shuffled"),
	"value-size":   fixed("100", "1KiB", "64-4KiB", "lognormal:", "etc"),
	"fail":         fixed("p99>+10%", "rate<-5%", "errors>+0"),
	"names":        fixed("before,after", "base,head", "old,new"),
	"speed":        fixed("1x", "10x", "max"),
	"fleet":        fixed("local:2", "local:4", "nats://"),
	"nats":         fixed("nats://127.0.0.1:4222", "nats://", "tls://"),
	"allow":        fixed("127.0.0.0/8", "10.0.0.0/8", "192.168.0.0/16", "unix"),
}

// argumentsOf are what a shell offers as arguments of a command; the others have addresses, which nobody knows.
var argumentsOf = map[string]cobra.CompletionFunc{
	"report":  files("json"),
	"compare": files("json"),
	"client":  clientWords,
	"man":     commandWords,
}

// complete has shells complete what c takes.
func complete(c *cobra.Command) {
	if c.ValidArgsFunction == nil && !c.HasSubCommands() {
		c.ValidArgsFunction = cobra.NoFileCompletions
		if words, ok := argumentsOf[c.Name()]; ok {
			c.ValidArgsFunction = words
		}
	}
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if _, ok := c.GetFlagCompletionFunc(f.Name); ok {
			return
		}
		words, ok := valuesOf[f.Name]
		if !ok {
			words = cobra.NoFileCompletions
		}
		_ = c.RegisterFlagCompletionFunc(f.Name, words) // it fails for a flag that has one
	})
}

// describeCompletion has cobra's command, which is made of a sentence, say what the others say.
func describeCompletion(c *cobra.Command) {
	c.Short = "print what completes commands in a shell"
	c.Long = aboutCompletion
	c.Example = `  memlite completion bash > ~/.local/share/bash-completion/completions/memlite
  memlite completion zsh > "${fpath[1]}/_memlite"
  memlite completion fish > ~/.config/fish/completions/memlite.fish`
	c.Args = cobra.ArbitraryArgs
	c.RunE = needsCommand // cobra's prints its help and is content, whatever was asked for
}

func fixed(words ...string) cobra.CompletionFunc {
	return cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp)
}

// files offers files with one of the endings, and folders.
func files(endings ...string) cobra.CompletionFunc {
	return cobra.FixedCompletions(endings, cobra.ShellCompDirectiveFilterFileExt)
}

func anyFile(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveDefault
}

func folders(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveFilterDirs
}

// clientWords are the commands of the protocol, behind the address.
func clientWords(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) == 1 {
		return []cobra.Completion{"get", "set", "end"}, cobra.ShellCompDirectiveNoFileComp
	}
	return nil, cobra.ShellCompDirectiveNoFileComp
}

func commandWords(c *cobra.Command, args []string, _ string) (words []cobra.Completion, _ cobra.ShellCompDirective) {
	for _, other := range c.Root().Commands() {
		if len(args) == 0 && hasPage(other) {
			words = append(words, cobra.CompletionWithDesc(other.Name(), other.Short))
		}
	}
	return words, cobra.ShellCompDirectiveNoFileComp
}

// ruleList offers the rules that a list with commas does not have yet. With titles only the first one: cobra's script for bash
// finds no word that has both a comma and a description.
func ruleList(_ *cobra.Command, _ []string, typed string) (words []cobra.Completion, _ cobra.ShellCompDirective) {
	named := typed[:strings.LastIndexByte(typed, ',')+1]
	for _, r := range conformance.Rules() {
		switch {
		case named == "":
			words = append(words, cobra.CompletionWithDesc(r.ID, r.Title))
		case !slices.Contains(strings.Split(named, ","), r.ID):
			words = append(words, named+r.ID)
		}
	}
	if named == "" {
		words = append(words, "all")
	}
	return words, cobra.ShellCompDirectiveNoFileComp
}

// labels offers what a filter of rules can name: families, labels, rules.
func labels(*cobra.Command, []string, string) (words []cobra.Completion, _ cobra.ShellCompDirective) {
	var rules []cobra.Completion
	for _, r := range conformance.Rules() {
		for _, label := range append([]string{r.Family}, r.OwnLabels()...) {
			if !slices.Contains(words, label) {
				words = append(words, label)
			}
		}
		rules = append(rules, cobra.CompletionWithDesc(r.ID, r.Title))
	}
	return append(words, rules...), cobra.ShellCompDirectiveNoFileComp
}

// reportWords offers a report's formats and, behind the = of one, files and folders: to a shell FORMAT=PATH is one word, of
// which it knows nothing.
func reportWords(formats []string) cobra.CompletionFunc {
	return func(_ *cobra.Command, _ []string, typed string) (words []cobra.Completion, how cobra.ShellCompDirective) {
		name, path, ok := strings.Cut(typed, "=")
		if !ok {
			for _, f := range formats {
				words = append(words, f+"=")
			}
			return words, cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveNoFileComp
		}
		how = cobra.ShellCompDirectiveNoFileComp
		folder, begun := filepath.Split(path)
		entries, _ := os.ReadDir(filepath.Clean(folder)) // Clean: "" is here
		for _, e := range entries {
			if !strings.HasPrefix(e.Name(), begun) || begun == "" && strings.HasPrefix(e.Name(), ".") {
				continue
			}
			word := name + "=" + folder + e.Name()
			if info, err := os.Stat(folder + e.Name()); err == nil && info.IsDir() {
				word += string(filepath.Separator)
				how |= cobra.ShellCompDirectiveNoSpace
			}
			words = append(words, word)
		}
		return words, how
	}
}
