using Writ.Rego.Values;

namespace Writ.Rego.Builtins.Text;

/// <summary>What stands between the percent sign and the verb.</summary>
internal record struct FormatFlags
{
    public bool Sharp { get; set; }

    public bool Zero { get; set; }

    public bool Plus { get; set; }

    public bool Minus { get; set; }

    public bool Space { get; set; }

    public int? Width { get; set; }

    public int? Precision { get; set; }

    /// <summary>Filled up to the width, with zeros where they are asked for.</summary>
    public readonly string Padded(string text) => Pad(text, Zero && !Minus ? '0' : ' ');

    public readonly string PaddedWithSpaces(string text) => Pad(text, ' ');

    /// <summary>A number's digits with its sign; zeros stand between the two.</summary>
    public readonly string Signed(bool isNegative, string digits)
    {
        var sign = isNegative ? "-" : Plus ? "+" : Space ? " " : "";
        var missing = (Width ?? 0) - sign.Length - digits.Length;
        return Zero && !Minus && missing > 0
            ? sign + new string('0', missing) + digits
            : PaddedWithSpaces(sign + digits);
    }

    private readonly string Pad(string text, char fill)
    {
        var missing = (Width ?? 0) - ByteText.Length(text);
        return missing <= 0 ? text : Minus ? text + new string(' ', missing) : new string(fill, missing) + text;
    }
}
