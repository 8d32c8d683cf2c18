package rules

// sequenceForm is a form of request that a Sequence can have.
type sequenceForm struct {
	level  Level
	weight int
	uses   int           // which parts of an op make uses
	asked  func(*T) bool // whether the endpoint can be asked; nil: any can
	write  func(w *sequenceWriter, o op) Request
}

// The parts of an op that a form uses.
const (
	aKey = 1 << iota
	aVariant
	aValue
)

// anything is a level above May: forms for which no rule says what is right, only good for comparing two endpoints.
const anything = May + 1

const plainSet = 1 // its place among the forms

// sequenceForms, the plainest first. What each is answered is said by the rules that are about it alone; here they meet.
var sequenceForms = []sequenceForm{
	{Must, 6, aKey, nil, (*sequenceWriter).plainGet},
	{Must, 6, aKey | aValue, nil, (*sequenceWriter).plainSet},
	{Must, 1, aKey | aVariant, nil, (*sequenceWriter).unknownCommand},
	{Must, 1, aVariant, nil, (*sequenceWriter).blankLine},
	{Must, 1, aKey | aVariant, nil, (*sequenceWriter).wrongGetTokens},
	{Must, 2, aKey | aVariant, nil, (*sequenceWriter).wrongSetTokens},
	{Must, 2, aKey | aVariant, sized, (*sequenceWriter).unreadableSize},
	{Must, 1, aKey | aVariant, leaving, (*sequenceWriter).capitals},
	{Must, 4, aKey | aVariant | aValue, mismatching, (*sequenceWriter).mismatch},
	{Must, 2, aKey | aVariant | aValue, mismatching, (*sequenceWriter).setOfLongKey},
	{Must, 1, aKey | aVariant | aValue, liteRefusing, (*sequenceWriter).hugeSize},
	{Must, 1, aKey | aVariant | aValue, sized, (*sequenceWriter).zeros},
	{Must, 1, 0, leaving, (*sequenceWriter).leave},

	{Should, 2, aKey | aVariant, nil, (*sequenceWriter).getOfLongKey},
	{Should, 2, aKey | aVariant, nil, (*sequenceWriter).spaces},
	{Should, 1, aKey | aVariant, nil, (*sequenceWriter).tabs},
	{Should, 1, aVariant, liteLeaving, (*sequenceWriter).leaveWithArguments},

	{May, 2, aKey | aVariant | aValue, liteRefusing, (*sequenceWriter).setOfControl},
	{May, 1, aKey | aVariant, lite, (*sequenceWriter).getOfControl},
	{May, 1, aKey, crlf, (*sequenceWriter).bareGet},
	{May, 1, aKey | aValue, liteCRLF, (*sequenceWriter).bareSet},
	{May, 1, aKey | aValue, liteCRLF, (*sequenceWriter).bareThenCRLF},
	{May, 1, aKey | aVariant, liteCRLF, (*sequenceWriter).doubleCR},

	{anything, 1, aKey | aVariant, nil, (*sequenceWriter).aroundMaximum},
	{anything, 1, aKey | aVariant, nil, (*sequenceWriter).longLine},
	{anything, 4, aKey | aVariant | aValue, nil, (*sequenceWriter).spoilt},
}

func lite(t *T) bool         { return t.Profile.Dialect == Lite }
func sized(t *T) bool        { return t.Has(Sized) }
func leaving(t *T) bool      { return t.Has(Leaving) }
func liteLeaving(t *T) bool  { return lite(t) && leaving(t) }
func crlf(t *T) bool         { return t.Has(CRLF) && t.Has(Block) }
func liteCRLF(t *T) bool     { return lite(t) && crlf(t) && t.Has(Refuses) }
func liteRefusing(t *T) bool { return t.refusesInStep() }

// mismatching: in classic, padding brings both sides in step after a refused set; otherwise the endpoint has to stay so.
func mismatching(t *T) bool { return t.Profile.Dialect == Classic && t.Has(Sized) || t.refusesInStep() }
