namespace Writ.Testing;

/// <summary>Damages files at random: one bit, one byte, a file cut, gone, doubled or put in another's place.</summary>
public static class Damage
{
    /// <summary>Does one thing that changes something.</summary>
    /// <param name="files">By name; arrays are replaced, never written to.</param>
    /// <param name="dice">Decides what.</param>
    /// <returns>What was done.</returns>
    public static string Do(IDictionary<string, byte[]> files, Dice dice)
    {
        while (true)
        {
            var name = files.Keys.ElementAt(dice.Next(files.Count));
            var bytes = files[name];
            var other = files.Keys.ElementAt(dice.Next(files.Count));
            switch (dice.Next(7))
            {
                case 0 or 1 when bytes.Length > 0:
                    var bit = dice.Next(bytes.Length * 8);
                    files[name] = [.. bytes];
                    files[name][bit / 8] ^= (byte)(1 << (bit % 8));
                    return $"bit {bit} of {name} is flipped";
                case 2:
                    files.Remove(name);
                    return $"{name} is deleted";
                case 3 when bytes.Length > 0:
                    var rest = dice.Next(bytes.Length);
                    files[name] = bytes[..rest];
                    return $"{name} is cut after {rest} bytes";
                case 4 when !bytes.AsSpan().SequenceEqual(files[other]):
                    (files[name], files[other]) = (files[other], bytes);
                    return $"{name} and {other} are swapped";
                case 5 when bytes.Length > 0:
                    var (from, count) = (dice.Next(bytes.Length), 1 + dice.Next(200));
                    var piece = bytes[from..Math.Min(bytes.Length, from + count)];
                    files[name] = [.. bytes[..from], .. piece, .. bytes[from..]];
                    return $"{piece.Length} bytes of {name} at {from} are doubled";
                case 6 when bytes.Length > 1:
                    var at = dice.Next(bytes.Length);
                    files[name] = [.. bytes[..at], .. bytes[(at + 1)..]];
                    return $"byte {at} of {name} is deleted";
            }
        }
    }
}
