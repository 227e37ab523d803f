using System.Text;

namespace Writ.Rego.Builtins.Patterns;

/// <summary>Code points that differ by case alone (Unicode's simple folding): RE2 takes them for one another.</summary>
internal static class CaseFolding
{
    /// <summary>Beyond, no writing has cases.</summary>
    private const int LastWithCase = 0x1FFFF;

    private static readonly Lazy<Dictionary<int, int[]>> Orbits = new(MakeOrbits);

    /// <summary>The class with all that differs from its members by case alone.</summary>
    public static RuneClass Close(RuneClass runes)
    {
        var closed = new RuneClass().Add(runes);
        if (runes.Ranges is [var (first, last)] && first == last)
        {
            foreach (var other in Orbits.Value.GetValueOrDefault(first, []))
            {
                closed.Add(other, other);
            }

            return closed;
        }

        foreach (var (point, orbit) in Orbits.Value)
        {
            if (runes.Contains(point))
            {
                foreach (var other in orbit)
                {
                    closed.Add(other, other);
                }
            }
        }

        return closed;
    }

    private static Dictionary<int, int[]> MakeOrbits()
    {
        var orbits = new Dictionary<int, List<int>>();
        for (int point = 'A'; point <= LastWithCase; point++)
        {
            // The I of Turkish with a dot, and the i without, are themselves alone.
            if (Rune.IsValid(point) && point is not (0x130 or 0x131))
            {
                Join(point, Rune.ToUpperInvariant(new Rune(point)).Value);
                Join(point, Rune.ToLowerInvariant(new Rune(point)).Value);
            }
        }

        // The long s is an s, which .NET does not say.
        Join('s', 0x17F);
        return orbits.ToDictionary(pair => pair.Key, pair => pair.Value.ToArray());

        void Join(int left, int right)
        {
            if (left == right)
            {
                return;
            }

            var (one, other) = (OrbitOf(left), OrbitOf(right));
            if (one != other)
            {
                one.AddRange(other);
                foreach (var point in other)
                {
                    orbits[point] = one;
                }
            }
        }

        List<int> OrbitOf(int point)
        {
            if (!orbits.TryGetValue(point, out var orbit))
            {
                orbits.Add(point, orbit = [point]);
            }

            return orbit;
        }
    }
}
