using Writ.Rego.Tree;

namespace Writ.Rego.Syntax;

/// <summary>What is wrong with operands of <c>and</c>, <c>or</c> and <c>not</c>, and how to write them.</summary>
internal static class LogicalErrors
{
    /// <summary>Braces with a bar first in them could be a body, or a comprehension.</summary>
    public static void CheckUnion(Operand operand, string prefix)
    {
        var union = operand.Body[0] switch
        {
            Expression.Test { IsNegated: false, Term: Term.Call { Sign: "|" } call } test => (call, test.Span),
            _ => default,
        };
        if (union.call is null || union.Span.Text.StartsWith('('))
            return;
        var (braces, part) = (operand.Span, union.Span);
        var text = braces.Text;
        var (from, to) = (part.Start - braces.Start, part.End - braces.Start);
        throw braces.Error(
            ErrorCodes.Parse,
            "ambiguous `{ ... | ... }` operand: read as a body holding a set-union expression, not as a comprehension "
            + $"(hint: write `{prefix}({text})` for the comprehension, "
            + $"or `{prefix}{text[..from]}({text[from..to]}){text[to..]}` for the set union)");
    }

    public static RegoError With(Span place, string sign) => place.Error(
        ErrorCodes.Parse,
        $"`with` modifier is not allowed on operand of `{sign}` (hint: Wrap the operand in `(...)` or `{{...}}` to "
        + $"scope, or move `with` after the `{sign}` expression to apply it to the whole expression)");

    public static RegoError BeginsWithBrace(Span operand, string sign) => operand.Error(
        ErrorCodes.Parse,
        $"operand of `{sign}` cannot begin with `{{` unless the braces hold a body "
        + $"(hint: wrap the operand to keep the value: `({operand.Text}) {sign} ...`)");

    /// <summary>Braces behind <c>not</c> that hold a value.</summary>
    public static RegoError NeedsBody(Span place, Span operand, Term term)
    {
        while (term is Term.Call { Sign: not null } call)
        {
            term = call.Arguments[0];
        }

        return place.Error(
            ErrorCodes.Parse,
            $"`{{...}}` in an operand position must contain expression(s), got: {TermNames.Sort(term)} "
            + $"(hint: write `not ({operand.Text})` to negate the value, or `not {{{operand.Text}}}` for a body "
            + "holding it)");
    }

    public static RegoError WrapsBody(Span place, string body) => place.Error(
        ErrorCodes.Parse,
        $"`(...)` in an operand position cannot contain a body (hint: drop the parens to keep the body: `{body}`)");
}
