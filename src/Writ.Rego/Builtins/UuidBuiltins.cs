using System.Buffers.Binary;
using Writ.Rego.Values;

namespace Writ.Rego.Builtins;

/// <summary>UUIDs of RFC 9562: random ones, and what the others tell.</summary>
internal static class UuidBuiltins
{
    /// <summary>Between 15 October 1582 and 1970, in steps of 100 ns.</summary>
    private const long GregorianOffset = 0x01B2_1DD2_1381_4000;

    private static readonly string[] Domains = ["Person", "Group", "Org"];

    public static IEnumerable<Builtin> All =>
    [
        new("uuid.rfc4122", "(string) => string", Random) { IsDeterministic = false },
        new("uuid.parse", "(string) => object[string: any]", Parse),
    ];

    /// <summary>The same one for the same key all through a query.</summary>
    private static RegoValue Random(BuiltinContext context, Operands a) =>
        context.Remember("uuid.rfc4122", RegoString.Of(a.Text(0)), () =>
        {
            var bytes = new byte[16];
            context.Randomness(bytes);
            bytes[6] = (byte)((bytes[6] & 0x0F) | 0x40);
            bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
            var hex = Convert.ToHexStringLower(bytes);
            return RegoString.Of($"{hex[..8]}-{hex[8..12]}-{hex[12..16]}-{hex[16..20]}-{hex[20..]}");
        });

    private static RegoObject Parse(BuiltinContext context, Operands a)
    {
        var bytes = ReadBytes(a.Text(0));
        var version = bytes[6] >> 4;
        var result = new RegoObject.Builder(8)
            .Set("version", RegoNumber.Of(version))
            .Set("variant", RegoString.Of((bytes[8] >> 5) switch
            {
                < 4 => "Reserved",
                < 6 => "RFC4122",
                6 => "Microsoft",
                _ => "Future",
            }));
        if (version is not (1 or 2))
        {
            return result.Build();
        }

        var low = BinaryPrimitives.ReadUInt32BigEndian(bytes);
        long middle = BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(4));
        long high = BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(6)) & 0x0FFF;
        var ticks = (high << 48) | (middle << 32) | low;
        var sequence = BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(8)) & 0x3FFF;
        result.Set("time", RegoNumber.Of(unchecked((ticks - GregorianOffset) * 100)))
            .Set("nodeid", RegoString.Of(BitConverter.ToString(bytes, 10).ToLowerInvariant()))
            .Set("macvariables", RegoString.Of(
                ((bytes[10] & 2) == 0 ? "global" : "local") + ((bytes[10] & 1) == 0 ? ":unicast" : ":multicast")))
            .Set("clocksequence", RegoNumber.Of(sequence));
        if (version == 2)
        {
            var domain = bytes[9] < Domains.Length ? Domains[bytes[9]] : $"Domain{bytes[9]}";
            result.Set("id", RegoNumber.Of(low)).Set("domain", RegoString.Of(domain));
        }

        return result.Build();
    }

    /// <summary>Four shapes: with hyphens, after <c>urn:uuid:</c>, in braces, digits alone.</summary>
    private static byte[] ReadBytes(string text)
    {
        var plain = text.Length switch
        {
            36 => text,
            45 when text.StartsWith("urn:uuid:", StringComparison.OrdinalIgnoreCase) => text[9..],
            38 => text[1..^1],
            32 => $"{text[..8]}-{text[8..12]}-{text[12..16]}-{text[16..20]}-{text[20..]}",
            45 => throw BuiltinError.Failed($"invalid urn prefix: {TermText.Quote(text[..9])}"),
            _ => throw BuiltinError.Failed($"invalid UUID length: {text.Length}"),
        };
        var digits = plain.Replace("-", "", StringComparison.Ordinal);
        return plain[8] == '-' && plain[13] == '-' && plain[18] == '-' && plain[23] == '-'
            && digits.Length == 32 && digits.All(char.IsAsciiHexDigit)
            ? Convert.FromHexString(digits)
            : throw BuiltinError.Failed("invalid UUID format");
    }
}
