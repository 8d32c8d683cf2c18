// Package fleet carries a plan out on many machines at once, over NATS.
//
// An agent (Serve) makes load when it is told to; a coordinator (Fleet, a loadgen.Executor) tells several of them, the fleet of a run. Each
// computes its own share of the plan: all of them together make each request of it once. What they measure goes to the coordinator second by
// second, as loadgen.Samples, and a loadgen.Tally makes the same report of it as of one machine's.
//
// A run. An agent is a micro service, memlite-agent, whose endpoints are its own. The coordinator asks who is there, claims as many as it
// wants, all or none, and has them prepare: open their connections, preload their part of the keys. When the last one is ready it reads their
// clocks (the quickest of several round trips, give or take half of it) and tells each when to start, on the agent's own clock. In the end it
// releases them.
//
// Records. What an agent has to say of a run (ready, each sample, the end) are numbered records. It publishes them as they come, and keeps them
// until the coordinator has said that it took them. The coordinator takes them in order and fetches by number those that did not arrive, in pieces
// where one is longer than a message may be. So nothing is lost when NATS restarts, and nothing depends on a message's arrival.
//
// Silence. Both sides say twice a second that they are there. Who is silent for two seconds (an agent) or three (a coordinator) is gone, if one's
// own connection was up all the time and a round trip to NATS is made since: so it is noticed within three seconds, and agents stop
// within five of their coordinator's death. While one's own connection is down one goes on for Grace and no longer, and nobody else's silence counts.
// An agent that was lost stays lost: it is told so, and stops. One that stopped for its coordinator's silence keeps its records for Grace: a
// coordinator that was only cut off fetches them, and the report lacks no more than was not done.
//
// Trust. Whoever may use the NATS may order load, so an agent makes it only to where its Allowed says, and opens no file but in its own folder. What
// arrives is bounded and decoded strictly, on both sides: an agent can be wrong about its own measurements, and about nothing else.
//
// It may import loadgen, reports and server/netloop, and beside them nats.go with its micro package. A NATS server is the program's to embed,
// and the tests'.
//
// Rejected: sockets of our own (discovery, TLS, authorization and reconnecting would all have to be made again); JetStream for the records (a
// NATS need not have it, and the agent has them anyhow); leaving out a late agent's first seconds (its load was made, and the report says when it began).
package fleet
