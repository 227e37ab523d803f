using System.Text;
using Writ.Rego.Values;

namespace Writ.Rego.Builtins.Text;

/// <summary>Taking off, replacing, and the case of letters.</summary>
internal static class TrimBuiltins
{
    private const string Cut = "(string, string) => string";

    public static IEnumerable<Builtin> All =>
    [
        new("trim", Cut, (_, a) => Trim(a, left: true, right: true)),
        new("trim_left", Cut, (_, a) => Trim(a, left: true, right: false)),
        new("trim_right", Cut, (_, a) => Trim(a, left: false, right: true)),
        new("trim_prefix", Cut, TrimPrefix),
        new("trim_suffix", Cut, TrimSuffix),
        new("trim_space", "(string) => string", (_, a) => RegoString.Of(a.Text(0).Trim(Spaces))),
        new("lower", "(string) => string", (_, a) => RegoString.Of(a.Text(0).ToLowerInvariant())),
        new("upper", "(string) => string", (_, a) => RegoString.Of(a.Text(0).ToUpperInvariant())),
        new("replace", "(string, string, string) => string", Replace),
        new("strings.replace_n", "(object[string: string], string) => string", ReplaceAll),
    ];

    /// <summary>Unicode's White_Space, as Go has it.</summary>
    private static char[] Spaces =>
    [
        '\t', '\n', '\v', '\f', '\r', ' ', '\u0085', '\u00A0', '\u1680', '\u2000', '\u2001', '\u2002', '\u2003',
        '\u2004', '\u2005', '\u2006', '\u2007', '\u2008', '\u2009', '\u200A', '\u2028', '\u2029', '\u202F', '\u205F',
        '\u3000',
    ];

    private static RegoString Trim(Operands a, bool left, bool right)
    {
        var (text, cutset) = (a.Text(0), a.Text(1).EnumerateRunes().ToHashSet());
        var (start, end) = (0, text.Length);
        while (left && start < end && Rune.TryGetRuneAt(text, start, out var first) && cutset.Contains(first))
        {
            start += first.Utf16SequenceLength;
        }

        while (right && end > start
            && Rune.DecodeLastFromUtf16(text.AsSpan(start, end - start), out var last, out var length)
                is System.Buffers.OperationStatus.Done && cutset.Contains(last))
        {
            end -= length;
        }

        return RegoString.Of(text[start..end]);
    }

    private static RegoString TrimPrefix(BuiltinContext context, Operands a)
    {
        var (text, prefix) = (a.Text(0), a.Text(1));
        return RegoString.Of(text.StartsWith(prefix, StringComparison.Ordinal) ? text[prefix.Length..] : text);
    }

    private static RegoString TrimSuffix(BuiltinContext context, Operands a)
    {
        var (text, suffix) = (a.Text(0), a.Text(1));
        return RegoString.Of(text.EndsWith(suffix, StringComparison.Ordinal) ? text[..^suffix.Length] : text);
    }

    private static RegoString Replace(BuiltinContext context, Operands a) =>
        Replaced(context, a.Text(0), [(a.Text(1), a.Text(2))]);

    private static RegoString ReplaceAll(BuiltinContext context, Operands a)
    {
        var pairs = new List<(string Old, string New)>();
        var patterns = a.Object(0);
        var text = a.Text(1);
        foreach (var (key, value) in patterns)
        {
            var old = key as RegoString ?? throw Operands.Invalid(0, "non-string key found in pattern object");
            var with = value as RegoString ?? throw Operands.Invalid(0, "non-string value found in pattern object");
            pairs.Add((old.Value, with.Value));
        }

        return Replaced(context, text, pairs);
    }

    /// <summary>
    /// One pass from left to right; at each place the first pair that fits is taken, and what it put in is not looked
    /// at again. An empty old text fits once at every place, before what else fits there, and at the end.
    /// </summary>
    private static RegoString Replaced(
        BuiltinContext context, string text, IReadOnlyList<(string Old, string New)> pairs)
    {
        var result = new StringBuilder(text.Length);
        var byFirst = pairs.Where(pair => pair.Old.Length > 0).ToLookup(pair => pair.Old[0]);
        var empty = pairs.Where(pair => pair.Old.Length == 0).Select(pair => pair.New).FirstOrDefault();
        for (var i = 0; i <= text.Length;)
        {
            var rest = text.AsSpan(i);
            result.Append(empty);
            var (old, with) = i < text.Length ? FirstFit(byFirst[text[i]], rest) : default;
            if (old is not null)
            {
                result.Append(with);
                i += old.Length;
            }
            else
            {
                var length = i == text.Length ? 0 : ByteText.IsPair(text, i) ? 2 : 1;
                result.Append(rest[..length]);
                i += Math.Max(length, 1);
            }

            context.CheckText(result.Length);
        }

        return RegoString.Of(result.ToString());
    }

    private static (string? Old, string? New) FirstFit(
        IEnumerable<(string Old, string New)> pairs, ReadOnlySpan<char> rest)
    {
        foreach (var (old, with) in pairs)
        {
            Work.Tick(1 + (old.Length >> 10));
            if (rest.StartsWith(old, StringComparison.Ordinal))
            {
                return (old, with);
            }
        }

        return default;
    }
}
