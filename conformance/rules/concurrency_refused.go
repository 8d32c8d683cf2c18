package rules

// refusedNeighbourRules are about clients beside others whose requests are refused.
func refusedNeighbourRules() []Rule {
	return []Rule{
		{
			ID: "CON-13", Level: Must, Source: "R",
			Title: "each client gets the replies to its own requests, whatever others are refused",
			Text: `Many clients work at the same time, half of them in order and half with requests of every kind that is refused between those that are not.
				Each gets its own replies, one for each request, in its order: what was wrong with one client's request is not another's business.`,
			Example: `
				A> "set a 5\r\nab"
				B> "set b 9\r\nx\r\n"
				B< "ERROR\r\n"
				A> "cde\r\nget a\r\n"
				A< "STORED\r\nVALUE a 5\r\nabcde\r\nEND\r\n"`,
			Pitfall: `What a server knows of the request at hand, its words, its key, its size, whether it failed, stands in variables of the program (a global, a
				static in C, a field of the one handler object that all connections share), and a request of another client comes in between. Keep it where
				the connection is kept.`,
			Check: func(t *T) {
				const clients = 16
				rounds := t.Times(20, 3)
				t.Each(clients, func(i int, c *Client) {
					absent := t.Key()
					for range rounds {
						key, value := t.Key(), c.Text(1+c.Rand.IntN(100))
						good := []exchange{{t.SetRequest(key, value), answers(Stored)}, {t.GetRequest(key), finds(key, value)}, {t.GetRequest(absent), answers(Missing)}}
						bad := []exchange{{t.Lines("nonsense " + absent), answers(BadCommand)}, {t.Lines("get"), answers(BadCommand)}, {t.Lines("set " + absent), answers(BadCommand)}}
						if t.refusesInStep() {
							bad = append(bad, exchange{t.SetWith(absent, len(value)+1, value), answers(Mismatch)},
								exchange{t.SetWith(absent, len(value)-1, value), answers(Mismatch)},
								exchange{t.SetRequest(absent+text(c.Rand, t.Profile.MaxKey, keyBytes), value), answers(BadKey)})
						}
						if i%2 == 1 {
							at := 1 + c.Rand.IntN(2)
							good = append(append(append([]exchange{}, good[:at]...), bad[c.Rand.IntN(len(bad))], bad[c.Rand.IntN(len(bad))]), good[at:]...)
						}
						c.Step("%d requests beside %d other clients, half of which are refused this and that", len(good), clients-1)
						c.InOnePacket(good...)
					}
					c.InStep()
				})
			},
		},
	}
}
