using System.Text;

namespace Writ.Rego.Builtins.Patterns;

/// <summary>
/// Whether some non-empty text matches two simple patterns (characters, <c>.</c>, <c>[a-z]</c>, each with <c>*</c> or
/// <c>+</c>): a walk through the pairs of their states, each of which is seen once.
/// </summary>
internal static class GlobIntersection
{
    private const int LongestPattern = 2_000;

    public static bool IsPossible(BuiltinContext context, string left, string right)
    {
        var (a, b) = (Parse(left), Parse(right));
        var seen = new HashSet<(int, int)>();
        var open = new Stack<(int, int)>([(0, 0)]);
        while (open.TryPop(out var state))
        {
            if (!seen.Add(state))
            {
                continue;
            }

            if (seen.Count % 1024 == 0)
            {
                context.CheckTime();
                context.CheckItems(seen.Count);
            }

            var (i, j) = state;
            if (i == a.Count && j == b.Count)
            {
                return true;
            }

            if (i < a.Count && a[i].IsRepeated)
            {
                open.Push((i + 1, j));
            }

            if (j < b.Count && b[j].IsRepeated)
            {
                open.Push((i, j + 1));
            }

            if (i < a.Count && j < b.Count && a[i].Meets(b[j]))
            {
                open.Push((a[i].IsRepeated ? i : i + 1, b[j].IsRepeated ? j : j + 1));
            }
        }

        return false;
    }

    /// <summary>What is repeated once or more becomes itself and the same any number of times.</summary>
    private static List<Item> Parse(string pattern)
    {
        if (pattern.Length > LongestPattern)
        {
            throw BuiltinError.Limit($"a pattern of more than {LongestPattern} characters");
        }

        var runes = pattern.EnumerateRunes().ToArray();
        var items = new List<Item>();
        var canRepeat = false;
        for (var i = 0; i < runes.Length; i++)
        {
            switch (runes[i].Value)
            {
                case '*' or '+' when !canRepeat:
                    throw Invalid(pattern, i, $"flag '{runes[i]}' must be preceded by a non-flag");
                case '*':
                    items[^1] = items[^1] with { IsRepeated = true };
                    canRepeat = false;
                    continue;
                case '+':
                    items.Add(items[^1] with { IsRepeated = true });
                    canRepeat = false;
                    continue;
                case ']':
                    throw Invalid(pattern, i, "set-close ']' with no preceding '['");
                case '[':
                    items.Add(new Item(ReadSet(pattern, runes, ref i), false));
                    break;
                case '.':
                    items.Add(new Item([(0, 0x10FFFF)], false));
                    break;
                default:
                    i += runes[i].Value == '\\' ? 1 : 0;
                    items.Add(i < runes.Length
                        ? new Item([(runes[i].Value, runes[i].Value)], false)
                        : throw Invalid(pattern, i, "input ends with an escape"));
                    break;
            }

            canRepeat = true;
        }

        return items;
    }

    private static List<(int First, int Last)> ReadSet(string pattern, Rune[] runes, ref int i)
    {
        var start = i++;
        var ranges = new List<(int First, int Last)>();
        for (; i < runes.Length; i++)
        {
            if (runes[i].Value == ']')
            {
                return ranges;
            }

            i += runes[i].Value == '\\' && i + 1 < runes.Length ? 1 : 0;
            var first = runes[i].Value;
            var isRange = i + 2 < runes.Length && runes[i + 1].Value == '-' && runes[i + 2].Value != ']';
            i += isRange ? 2 : 0;
            ranges.Add((first, runes[i].Value));
        }

        throw Invalid(pattern, start, "set-open '[' with no succeeding ']'");
    }

    private static BuiltinError Invalid(string pattern, int at, string what) =>
        BuiltinError.Failed($"input:{pattern}, pos:{at + 1}, {what}: the input provided is invalid");

    private readonly record struct Item(List<(int First, int Last)> Ranges, bool IsRepeated)
    {
        public bool Meets(Item other) =>
            Ranges.Any(mine => other.Ranges.Any(its => mine.First <= its.Last && its.First <= mine.Last));
    }
}
