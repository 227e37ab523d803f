namespace Writ.Rego.Tree;

internal sealed record EveryHead(Term.Variable? Key, Term.Variable Value, Term Domain);
