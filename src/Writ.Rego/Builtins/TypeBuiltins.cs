using System.Globalization;
using Writ.Rego.Values;

namespace Writ.Rego.Builtins;

/// <summary>What kind a value is, and making it another.</summary>
internal static class TypeBuiltins
{
    /// <summary>What Go reads as a number and JSON cannot hold.</summary>
    private static readonly string[] NotFinite = ["inf", "infinity", "nan"];

    public static IEnumerable<Builtin> All =>
    [
        new("type_name", "(any) => string", (_, a) => RegoString.Of(a[0].KindName)),
        .. new[] { RegoKind.Null, RegoKind.Boolean, RegoKind.Number, RegoKind.String, RegoKind.Array, RegoKind.Object }
            .Append(RegoKind.Set).Select(IsKind),
        new("to_number", "(any<null, boolean, number, string>) => number", ToNumber),
        Cast("array", "array[any]", ["array", "set"], value =>
            value is RegoSet set ? RegoArray.Own(set.ToArray()) : value as RegoArray),
        Cast("set", "set[any]", ["array", "set"], value =>
            value is RegoArray array ? RegoSet.Of(array.Span) : value as RegoSet),
        Cast("string", "string", ["string"], value => value as RegoString),
        Cast("boolean", "boolean", ["boolean"], value => value as RegoBoolean),
        Cast("null", "null", ["null"], value => value as RegoNull),
        Cast("object", "object[any: any]", ["object"], value => value as RegoObject),
    ];

    /// <summary>False is said with false: a policy may ask with <c>not</c> as well as with <c>== false</c>.</summary>
    private static Builtin IsKind(RegoKind kind) => new(
        $"is_{kind.ToString().ToLowerInvariant()}", "(any) => boolean", (_, a) => RegoBoolean.Of(a[0].Kind == kind));

    private static Builtin Cast(string kind, string type, string[] takes, Func<RegoValue, RegoValue?> cast) =>
        new($"cast_{kind}", $"(any) => {type}", (_, a) => cast(a[0]) ?? throw a.Wrong(0, takes))
        {
            IsDeprecated = true,
        };

    private static RegoNumber ToNumber(BuiltinContext context, Operands a) => a[0] switch
    {
        RegoNull => RegoNumber.Zero,
        RegoBoolean boolean => boolean.Value ? RegoNumber.One : RegoNumber.Zero,
        RegoNumber number => number,
        RegoString text when NotFinite.Contains(text.Value.TrimStart('+', '-').ToLowerInvariant()) =>
            throw a.Wrong(0, "valid number string"),
        RegoString text => (RegoNumber.TryParse(text.Value, out var number) ? number : ReadLoosely(text.Value))
            ?? throw BuiltinError.Failed($"strconv.ParseFloat: parsing {TermText.Quote(text.Value)}: invalid syntax"),
        _ => throw a.Wrong(0, "null", "boolean", "number", "string"),
    };

    /// <summary>Go takes more than JSON does: signs, zeros before the number, a point at either end.</summary>
    private static RegoNumber? ReadLoosely(string text) =>
        text.All(c => char.IsAsciiDigit(c) || c is '+' or '-' or '.' or 'e' or 'E')
            && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
            && double.IsFinite(value)
            ? RegoNumber.Of(value)
            : null;
}
