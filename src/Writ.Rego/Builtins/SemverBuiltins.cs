using System.Globalization;
using Writ.Rego.Values;

namespace Writ.Rego.Builtins;

/// <summary>Versions as semver.org orders them.</summary>
internal static class SemverBuiltins
{
    public static IEnumerable<Builtin> All =>
    [
        new("semver.compare", "(string, string) => number", (_, a) =>
            RegoNumber.Of(Version.Compare(Parse(a, 0), Parse(a, 1)))),
        new("semver.is_valid", "(any) => boolean", (_, a) => RegoBoolean.Of(
            a[0] is RegoString text && Version.TryParse(text.Value) is not null)),
    ];

    private static Version Parse(Operands a, int index) => Version.TryParse(a.Text(index))
        ?? throw BuiltinError.Failed(
            $"operand {index + 1}: string {TermText.Quote(a.Text(index))} is not a valid SemVer");

    private readonly record struct Version(long Major, long Minor, long Patch, string[] PreRelease)
    {
        public static Version? TryParse(string text)
        {
            text = text.StartsWith('v') ? text[1..] : text;
            var plus = text.IndexOf('+', StringComparison.Ordinal);
            var (rest, metadata) = plus < 0 ? (text, "m") : (text[..plus], text[(plus + 1)..]);
            var hyphen = rest.IndexOf('-', StringComparison.Ordinal);
            var (core, release) = hyphen < 0 ? (rest, "r") : (rest[..hyphen], rest[(hyphen + 1)..]);
            var parts = core.Split('.');
            return parts.Length == 3 && Number(parts[0]) is { } major && Number(parts[1]) is { } minor
                && Number(parts[2]) is { } patch && AreIdentifiers(release) && AreIdentifiers(metadata)
                ? new Version(major, minor, patch, hyphen < 0 ? [] : release.Split('.'))
                : null;
        }

        public static int Compare(Version left, Version right)
        {
            var order = (left.Major, left.Minor, left.Patch).CompareTo((right.Major, right.Minor, right.Patch));
            if (order != 0)
            {
                return order;
            }

            // A release comes after all that led to it.
            var (mine, its) = (left.PreRelease, right.PreRelease);
            if (mine.Length == 0 || its.Length == 0)
            {
                return its.Length.CompareTo(mine.Length) is 0 ? 0 : mine.Length == 0 ? 1 : -1;
            }

            for (var i = 0; i < mine.Length && i < its.Length; i++)
            {
                order = Compare(mine[i], its[i]);
                if (order != 0)
                {
                    return order;
                }
            }

            return mine.Length.CompareTo(its.Length);
        }

        private static int Compare(string left, string right) => (Number(left), Number(right)) switch
        {
            ({ } a, { } b) => a.CompareTo(b),
            (not null, null) => -1,
            (null, not null) => 1,
            _ => Math.Sign(string.CompareOrdinal(left, right)),
        };

        private static long? Number(string text) => text.Length > 0 && text.All(char.IsAsciiDigit)
            && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;

        private static bool AreIdentifiers(string text) => text.Split('.').All(part =>
            part.Length > 0 && part.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'));
    }
}
