using Writ.Rego.Syntax;
using Writ.Rego.Tree;
using Writ.Rego.Values;

namespace Writ.Rego.Format;

/// <summary>Terms: on one line, or an item a line where the source has composites over several.</summary>
internal sealed class TermPrinter(Output output, Action<Expression[]> printBody)
{
    /// <summary>How strongly the signs bind; a term within a stronger one stands in parentheses.</summary>
    private static int Strength(Term term) => term is not Term.Call { Sign: { } sign } || IsNegative(term) ? 10
        : sign switch
        {
            "in" => 0,
            "|" => 2,
            "&" => 3,
            "+" or "-" => 4,
            "*" or "/" or "%" => 5,
            _ => 1,
        };

    /// <summary>A minus before a name: what it takes away from is not written.</summary>
    private static bool IsNegative(Term term) =>
        term is Term.Call { Sign: "-", Arguments: [Term.Literal first, _] } && first.Span.Text == "-";

    public void Print(Term term, int least = 0)
    {
        if (Strength(term) < least)
        {
            output.Write("(");
            Print(term);
            output.Write(")");
            return;
        }

        switch (term)
        {
            case Term.Literal literal:
                output.Write(Literal(literal));
                break;
            case Term.Variable variable:
                output.Write(variable.IsWildcard ? "_" : variable.Name);
                break;
            case Term.Reference reference:
                Print(reference.Head, 10);
                Path(reference.Path);
                break;
            case Term.Call call:
                Call(call);
                break;
            case Term.Array array:
                Items("[", array.Items, item => Item(item, array.Items[0]), "]", array.Span);
                break;
            case Term.Set { Items: [] }:
                output.Write("set()");
                break;
            case Term.Set set:
                Items("{", set.Items, item => Item(item, set.Items[0]), "}", set.Span);
                break;
            case Term.Object map:
                Items("{", map.Items, item => Pair(item, item.Key == map.Items[0].Key), "}", map.Span);
                break;
            case Term.Comprehension comprehension:
                Comprehension(comprehension);
                break;
            default:
                output.Write(term.Span.Text);
                break;
        }
    }

    /// <summary>The parts of a reference; a keyword in brackets keeps them.</summary>
    public void Path(IEnumerable<Term> path)
    {
        foreach (var part in path)
        {
            if (part is Term.Literal { Value: RegoString word } && IsName(word.Value)
                && (Keywords.Find(word.Value) == TokenKind.Name || !part.Span.Text.StartsWith('"')))
            {
                output.Write("." + word.Value);
            }
            else
            {
                output.Write("[");
                Print(part);
                output.Write("]");
            }
        }
    }

    /// <summary>Where a bar after the first term would begin a comprehension, a union stands in parentheses.</summary>
    private static int First(Term term)
    {
        for (var left = term; left is Term.Call { Sign: { } sign } call; left = call.Arguments[0])
        {
            if (sign == "|")
                return 10;
        }

        return 1;
    }

    private void Item(Term item, Term first) => Print(item, ReferenceEquals(item, first) ? First(item) : 1);

    private static string Literal(Term.Literal literal)
    {
        if (literal.Value is not RegoString || literal.Span.Source is null)
            return literal.Value is RegoNumber && literal.Span.Source is not null
                ? literal.Span.Text.Replace(" ", "", StringComparison.Ordinal)
                : literal.Value.ToString();
        var text = literal.Span.Text;
        return text[0] is '"' or '`' ? text : literal.Value.ToString();
    }

    private static bool IsName(string word) =>
        word.Length > 0 && (char.IsAsciiLetter(word[0]) || word[0] == '_')
        && word.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');

    private void Call(Term.Call call)
    {
        if (call.Sign is { } sign)
        {
            if (call.Arguments.Length == 3)
            {
                Print(call.Arguments[0], 1);
                output.Write(", ");
            }

            var strength = Strength(call);
            if (IsNegative(call))
            {
                output.Write("-");
                Print(call.Arguments[1], 10);
                return;
            }

            Print(call.Arguments[^2], sign == "in" && call.Arguments.Length == 3 ? 1 : strength);
            output.Write($" {sign} ");
            Print(call.Arguments[^1], strength + 1);
            return;
        }

        Print(call.Function);
        Items("(", call.Arguments, item => Print(item, 1), ")", call.Span);
    }

    private void Pair(KeyValuePair<Term, Term> item, bool isFirst)
    {
        Print(item.Key, isFirst ? First(item.Key) : 1);
        output.Write(": ");
        Print(item.Value, isFirst ? First(item.Value) : 1);
    }

    private void Comprehension(Term.Comprehension comprehension)
    {
        var isArray = comprehension.Kind == CollectionKind.Array;
        output.Write(isArray ? "[" : "{");
        if (comprehension.Key is { } key)
        {
            Print(key, First(key));
            output.Write(": ");
        }

        Print(comprehension.Value, 10);
        if (comprehension.Body.Length > 1 || output.HasCommentIn(comprehension.Span))
        {
            output.Write(" |");
            Block(comprehension.Body, comprehension.Span);
        }
        else
        {
            output.Write(" | ");
            printBody(comprehension.Body);
        }

        output.Write(isArray ? "]" : "}");
    }

    /// <summary>Whether something in a term goes over several lines, however it was written.</summary>
    private static bool TakesLines<T>(T item) => item switch
    {
        KeyValuePair<Term, Term> pair => TakesLines(pair.Key) || TakesLines(pair.Value),
        Term.Comprehension comprehension => comprehension.Body.Length > 1 || TakesLines(comprehension.Body[0])
            || TakesLines(comprehension.Value) || TakesLines(comprehension.Key),
        Expression.Every => true,
        Expression.Not not => TakesLines(not.Operand),
        Expression.Logical logical => logical.Operands.Any(TakesLines),
        Operand operand => operand.Span.EndRow > operand.Span.Row || operand.Body.Length > 1
            || operand.Body.Any(TakesLines),
        Expression.Test test => TakesLines(test.Term) || test.With.Any(with => TakesLines(with.Value)),
        Expression.Unify unify => TakesLines(unify.Left) || TakesLines(unify.Right)
            || unify.With.Any(with => TakesLines(with.Value)),
        Expression.SomeIn some => TakesLines(some.Collection) || TakesLines(some.Value) || TakesLines(some.Key)
            || some.With.Any(with => TakesLines(with.Value)),
        Term.Template template => template.Parts.Any(part => TakesLines(part.Term)),
        Term.Array array => array.Items.Any(TakesLines),
        Term.Set set => set.Items.Any(TakesLines),
        Term.Object map => map.Items.Any(TakesLines),
        Term.Call call => call.Arguments.Any(TakesLines),
        Term.Reference reference => TakesLines(reference.Head) || reference.Path.Any(TakesLines),
        _ => false,
    };

    /// <summary>A body on lines of its own; the closing sign follows.</summary>
    private void Block(Expression[] body, Span span)
    {
        output.Write("");
        output.End(body[0].Span.Row - 1);
        output.Indent();
        output.Opened();
        printBody(body);
        output.EndOf(body[^1].Span);
        output.Flush(span.End);
        output.Unindent();
    }

    private void Items<T>(string open, IReadOnlyList<T> items, Action<T> print, string close, Span span)
    {
        output.Write(open);
        var isOnLines = items.Count > 0 && span.Source is not null && open != "("
            && (output.HasCommentIn(span) || span.Source.Locate(span.End - 1).Row > span.Row || items.Any(TakesLines));
        if (!isOnLines)
        {
            for (var i = 0; i < items.Count; i++)
            {
                output.Write(i > 0 ? ", " : "");
                print(items[i]);
            }

            output.Write(close);
            return;
        }

        output.End(span.Row);
        output.Indent();
        output.Opened();
        foreach (var item in items)
        {
            var place = item is KeyValuePair<Term, Term> pair
                ? pair.Key.Span.To(pair.Value.Span)
                : (item as Term)!.Span;
            output.Begin(place);
            print(item);
            output.Write(",");
            output.EndOf(place);
        }

        output.Flush(span.End);
        output.Unindent();
        output.Write(close);
    }
}
