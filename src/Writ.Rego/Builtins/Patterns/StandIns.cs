namespace Writ.Rego.Builtins.Patterns;

/// <summary>
/// RE2's <c>\b</c> knows the words of ASCII alone; .NET's automata know those of all writings. So where an expression
/// has one, each character of a text that is not ASCII gives way to a stand-in for all that the expression's classes do
/// not tell from it: a character for private use, which is in no word.
/// </summary>
internal sealed class StandIns
{
    private const int FirstBeyondAscii = 0x80;
    private const int FirstSurrogate = 0xD800;
    private const int FirstForPrivateUse = 0xE000;
    private const int LastForPrivateUse = 0xF8FF;
    private const int EndOfPlane = 0x10000;
    private const long MostTests = 5_000_000;

    private readonly int[] _starts;
    private readonly char[] _standIns;

    private StandIns(int[] starts, char[] standIns) => (_starts, _standIns) = (starts, standIns);

    /// <summary>Those for the classes of an expression.</summary>
    public static StandIns For(IEnumerable<RuneClass> classes)
    {
        var kinds = classes.DistinctBy(runes => runes.ToRegex(isAstral: false), StringComparer.Ordinal).ToArray();
        var starts = new SortedSet<int> { FirstBeyondAscii, FirstSurrogate, FirstForPrivateUse };
        foreach (var (first, last) in kinds.SelectMany(runes => runes.Ranges))
        {
            starts.Add(Math.Max(first, FirstBeyondAscii));
            starts.Add(Math.Max(last + 1, FirstBeyondAscii));
        }

        starts.RemoveWhere(start => start >= EndOfPlane);
        if ((long)starts.Count * kinds.Length > MostTests)
        {
            throw TooMany();
        }

        // What lies between two starts is the same to every class.
        var known = new Dictionary<string, char>(StringComparer.Ordinal);
        return new StandIns([.. starts], [.. starts.Select(start =>
        {
            var holders = string.Concat(kinds.Select(runes => runes.Contains(start) ? '1' : '0'));
            if (!known.TryGetValue(holders, out var standIn))
            {
                var next = FirstForPrivateUse + known.Count;
                known.Add(holders, standIn = next <= LastForPrivateUse ? (char)next : throw TooMany());
            }

            return standIn;
        })]);
    }

    /// <summary>The text with the stand-ins, as long as before.</summary>
    public string Replace(string text) => string.Create(text.Length, (this, text), static (result, state) =>
    {
        for (var i = 0; i < result.Length; i++)
        {
            var c = state.text[i];
            result[i] = IsKept(c) ? c : state.Item1._standIns[state.Item1.IndexOf(c)];
        }
    });

    /// <summary>The class that holds the stand-ins of what this one holds.</summary>
    public RuneClass Replace(RuneClass runes)
    {
        var replaced = new RuneClass();
        foreach (var (first, last) in runes.Ranges)
        {
            Keep(first, last, 0, FirstBeyondAscii - 1);
            Keep(first, last, FirstSurrogate, FirstForPrivateUse - 1);
            Keep(first, last, EndOfPlane, int.MaxValue);
        }

        for (var i = 0; i < _starts.Length; i++)
        {
            if (!IsKept(_starts[i]) && runes.Contains(_starts[i]))
            {
                replaced.Add(_standIns[i], _standIns[i]);
            }
        }

        return replaced;

        void Keep(int first, int last, int least, int most)
        {
            if (first <= most && last >= least)
            {
                replaced.Add(Math.Max(first, least), Math.Min(last, most));
            }
        }
    }

    /// <summary>Halves of code points beyond the first plane are in no word anyway.</summary>
    private static bool IsKept(int point) =>
        point is < FirstBeyondAscii or (>= FirstSurrogate and < FirstForPrivateUse);

    private static BuiltinError TooMany() =>
        BuiltinError.Limit("an expression with word boundaries and too many classes of characters");

    private int IndexOf(int point)
    {
        var index = Array.BinarySearch(_starts, point);
        return index >= 0 ? index : ~index - 1;
    }
}
