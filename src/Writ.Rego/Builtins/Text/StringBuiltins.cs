using Writ.Rego.Values;

namespace Writ.Rego.Builtins.Text;

/// <summary>Searching, cutting and joining strings; indexes count code points.</summary>
internal static class StringBuiltins
{
    private const string Question = "(string, string) => boolean";
    private const string Texts = "any<string, array[string], set[string]>";

    public static IEnumerable<Builtin> All =>
    [
        new("contains", Question, (_, a) => Ask(a, (s, t) => TextSearch.IndexOf(s, t) >= 0)),
        new("startswith", Question, (_, a) => Ask(a, (s, t) => s.StartsWith(t, StringComparison.Ordinal))),
        new("endswith", Question, (_, a) => Ask(a, (s, t) => s.EndsWith(t, StringComparison.Ordinal))),
        new("strings.any_prefix_match", $"({Texts}, {Texts}) => boolean", (c, a) =>
            AnyMatch(c, a, (s, t) => s.StartsWith(t, StringComparison.Ordinal))),
        new("strings.any_suffix_match", $"({Texts}, {Texts}) => boolean", (c, a) =>
            AnyMatch(c, a, (s, t) => s.EndsWith(t, StringComparison.Ordinal))),
        new("indexof", "(string, string) => number", IndexOf),
        new("indexof_n", "(string, string) => array[number]", IndexesOf),
        new("substring", "(string, number, number) => string", Substring),
        new("strings.count", "(string, string) => number", Count),
        new("strings.reverse", "(string) => string", Reverse),
        new("concat", "(string, any<array[string], set[string]>) => string", Concat),
        new("split", "(string, string) => array[string]", Split),
        new("strings.split_n", "(string, string, number) => array[string]", SplitSome),
        new("sprintf", "(string, array[any]) => string", (c, a) =>
            RegoString.Of(GoFormat.Format(c, a.Text(0), a.Array(1).Span))),
        new("format_int", "(number, number) => string", FormatInt),
    ];

    private static RegoBoolean Ask(Operands a, Func<string, string, bool> question) =>
        RegoBoolean.Of(question(a.Text(0), a.Text(1)));

    private static RegoBoolean AnyMatch(BuiltinContext context, Operands a, Func<string, string, bool> matches)
    {
        var (texts, parts) = (TextOrTexts(a, 0), TextOrTexts(a, 1));
        foreach (var text in texts)
        {
            context.CheckTime();
            foreach (var part in parts)
            {
                if (matches(text, part))
                {
                    return RegoBoolean.True;
                }
            }
        }

        return RegoBoolean.False;
    }

    private static string[] TextOrTexts(Operands a, int index) => a[index] switch
    {
        RegoString text => [text.Value],
        RegoArray or RegoSet => a.Texts(index),
        _ => throw a.Wrong(index, "string", "set", "array"),
    };

    private static RegoNumber IndexOf(BuiltinContext context, Operands a)
    {
        var (text, part) = Searched(a);
        var at = TextSearch.IndexOf(text, part);
        return RegoNumber.Of(at < 0 ? -1 : ByteText.Length(text[..at]));
    }

    /// <summary>Overlapping places too.</summary>
    private static RegoArray IndexesOf(BuiltinContext context, Operands a)
    {
        var (text, part) = Searched(a);
        var indexes = new List<RegoValue>();
        var (points, last) = (0, 0);
        foreach (var at in TextSearch.Overlapping(text, part))
        {
            points += ByteText.Length(text[last..at]);
            last = at;
            context.CheckItems(indexes.Count);
            indexes.Add(RegoNumber.Of(points));
        }

        return RegoArray.Own([.. indexes]);
    }

    private static (string Text, string Part) Searched(Operands a)
    {
        var (text, part) = (a.Text(0), a.Text(1));
        return part.Length > 0 ? (text, part) : throw BuiltinError.Failed("empty search character");
    }

    private static RegoString Substring(BuiltinContext context, Operands a)
    {
        var (text, start, length) = (a.Text(0), a.Integer(1), a.Integer(2));
        if (start < 0)
        {
            throw BuiltinError.Failed("negative offset");
        }

        if (start >= text.Length)
        {
            return RegoString.Empty;
        }

        var first = ByteText.IndexOfCodePoint(text, (int)start);
        var rest = text[first..];
        return RegoString.Of(length < 0 || length >= rest.Length
            ? rest
            : rest[..ByteText.IndexOfCodePoint(rest, (int)length)]);
    }

    private static RegoNumber Count(BuiltinContext context, Operands a)
    {
        var (text, part) = (a.Text(0), a.Text(1));
        return RegoNumber.Of(part.Length == 0 ? ByteText.Length(text) + 1 : TextSearch.Indexes(text, part).Count());
    }

    private static RegoString Reverse(BuiltinContext context, Operands a)
    {
        var reversed = a.Text(0).ToCharArray();
        Array.Reverse(reversed);
        for (var i = 1; i < reversed.Length; i++)
        {
            if (char.IsSurrogatePair(reversed[i], reversed[i - 1]))
            {
                (reversed[i - 1], reversed[i]) = (reversed[i], reversed[i - 1]);
            }
        }

        return RegoString.Of(new string(reversed));
    }

    private static RegoString Concat(BuiltinContext context, Operands a)
    {
        var separator = a.Text(0);
        var parts = a[1] is RegoArray or RegoSet ? a.Texts(1) : throw a.Wrong(1, "set", "array");
        context.CheckText(parts.Sum(part => (long)part.Length + separator.Length));
        return RegoString.Of(string.Join(separator, parts));
    }

    private static RegoArray Split(BuiltinContext context, Operands a)
    {
        var (text, separator) = (a.Text(0), a.Text(1));
        if (separator.Length > 0)
        {
            var parts = new List<RegoValue>();
            var start = 0;
            foreach (var at in TextSearch.Indexes(text, separator))
            {
                context.CheckItems(parts.Count);
                parts.Add(RegoString.Of(text[start..at]));
                start = at + separator.Length;
            }

            return RegoArray.Own([.. parts, RegoString.Of(text[start..])]);
        }

        context.CheckItems(text.Length);
        var points = new List<RegoValue>(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            Work.Tick();
            var length = ByteText.IsPair(text, i) ? 2 : 1;
            points.Add(RegoString.Of(text.Substring(i, length)));
            i += length - 1;
        }

        return RegoArray.Own([.. points]);
    }

    /// <summary>The first so many parts, or the last when the number is negative.</summary>
    private static RegoArray SplitSome(BuiltinContext context, Operands a)
    {
        var (parts, most) = (Split(context, a), a.Integer(2));
        var count = (int)Math.Min(parts.Count, Math.Abs(Math.Max(most, -int.MaxValue)));
        return RegoArray.Of(most < 0 ? parts.Span[(parts.Count - count)..] : parts.Span[..count]);
    }

    private static RegoString FormatInt(BuiltinContext context, Operands a)
    {
        var (number, radix) = (a.Number(0), a.Number(1));
        if (!radix.TryGetInt64(out var digits) || digits is not (2 or 8 or 10 or 16))
        {
            throw Operands.Invalid(1, "must be one of {2, 8, 10, 16}");
        }

        if (Math.Abs(number.Magnitude) > RegoNumber.LargestExponent)
        {
            throw BuiltinError.Limit($"a number of more than {RegoNumber.LargestExponent} digits");
        }

        var whole = number.TryGetBigInteger(out var integer) ? integer : BigFloat.Of(number).Truncate();
        return RegoString.Of(GoFormat.Integer(whole, (int)digits));
    }
}
