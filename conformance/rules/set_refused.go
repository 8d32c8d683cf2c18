package rules

import "time"

// refusedSetRules are about when a set is refused.
func refusedSetRules() []Rule {
	return []Rule{
		{
			ID: "SET-20", Level: Should, Source: "decisions 3, 4 and 6", Dialects: []string{Lite}, Needs: []Trait{Block, Sized, Refuses, Cuts, CRLF},
			Title: "a refused set is answered when its block has ended, not before",
			Text: `Whatever a set with a readable size is refused for, its key, a size beyond the maximum or a block that is too long, its ERROR
				comes when the end of the block has been read. Until then the connection is silent, however much of the block has come.`,
			Example: `
				> "set k 2\r\nabcdef"
				- nothing comes yet
				> "gh\r\n"
				< "ERROR\r\n"`,
			Pitfall: `A server that knows after the line, or in the middle of the block, that it is going to refuse says so at once. A client that reads
				between two writes takes that ERROR for the reply to something else, or stops in the middle of its block and goes on with a command, which
				is then part of the block. Throw the block away to its end, then answer.`,
			Check: func(t *T) {
				for range t.Times(3, 1) {
					var sets []*dawdler
					for _, s := range []struct {
						key       string
						size      any
						part      string
						forWhat   string
						otherwise Outcome
					}{
						{t.KeyOf(t.Profile.MaxKey + 1), 50, t.Text(20), "its key", BadKey},
						{t.Key(), t.Profile.TooLarge, t.Text(20), "its size", TooLarge},
						{t.Key(), t.Profile.TooLarge, t.Text(9000), "its size", TooLarge},
						{t.Key(), 3, t.Text(7), "a block that is too long", Mismatch},
						{t.Key(), 3, t.Text(9000), "a block that is too long", Mismatch},
						{t.Key(), 0, t.Text(10), "a block that is too long", Mismatch},
					} {
						c := t.Dial()
						c.Step("a set that is to be refused for %s, with %d bytes of its block", s.forWhat, len(s.part))
						c.Send(t.unfinished(s.key, s.size, s.part))
						sets = append(sets, &dawdler{c: c, refused: []Outcome{s.otherwise, Mismatch}})
					}
					t.Pause()
					for _, d := range sets {
						d.c.Quiet(time.Millisecond)
					}
					for _, d := range sets {
						d.c.Continue(t.Text(5) + t.Profile.BlockEnd)
						d.c.Expect(d.refused...)
						d.c.InStep()
					}
				}
			},
		},
	}
}
