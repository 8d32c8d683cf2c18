// Package diff looks for a difference between two endpoints: it sends the same random sequences to both, compares what they answer, and
// makes a sequence on which they differ as small as it can be. Nothing needs to be known of what is right. So it finds what no rule states,
// and what one server does otherwise than the one that it is to replace.
//
// Where a reply ends is not known either. After each request, in a packet of its own, a get of a key that no sequence is about is sent
// to both: what comes before its answer is the reply to the request. It also tells at once that no reply will come, which would cost a
// timeout for each of the hundreds of tries that making a sequence smaller takes. Waits are short while looking; what is found is
// tried again with long ones, so that a slow endpoint is not taken for one that hangs.
//
// It may import conformance/rules, whose generator it uses, and conformance/wire; never the server or the load generator.
//
// Rejected: comparing each endpoint with the model of the rules (then conform would do); comparing what stays the same and shrinking
// afterwards by hand; a proxy that plays recorded traffic to both (nobody has traffic with a key of 251 bytes in it).
package diff
