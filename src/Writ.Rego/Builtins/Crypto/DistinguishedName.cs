using System.Formats.Asn1;
using Writ.Rego.Values;

namespace Writ.Rego.Builtins.Crypto;

/// <summary>A name of X.501 as Go's pkix.Name has it.</summary>
internal static class DistinguishedName
{
    private static readonly (string Oid, string Member)[] Lists =
    [
        ("2.5.4.6", "Country"), ("2.5.4.10", "Organization"), ("2.5.4.11", "OrganizationalUnit"),
        ("2.5.4.7", "Locality"), ("2.5.4.8", "Province"), ("2.5.4.9", "StreetAddress"), ("2.5.4.17", "PostalCode"),
    ];

    public static RegoObject ToJson(ReadOnlyMemory<byte> encoded)
    {
        var names = new List<(string Oid, string Value)>();
        var sequence = new AsnReader(encoded, AsnEncodingRules.DER).ReadSequence();
        while (sequence.HasData)
        {
            var set = sequence.ReadSetOf();
            while (set.HasData)
            {
                var pair = set.ReadSequence();
                names.Add((pair.ReadObjectIdentifier(), TextOf(pair)));
            }
        }

        var json = new RegoObject.Builder(11)
            .Set("CommonName", RegoString.Of(Last(names, "2.5.4.3")))
            .Set("SerialNumber", RegoString.Of(Last(names, "2.5.4.5")))
            .Set("ExtraNames", RegoNull.Instance)
            .Set("Names", GoJson.List(names.Select(name => new RegoObject.Builder(2)
                .Set("Type", GoJson.ObjectIdentifier(name.Oid))
                .Set("Value", RegoString.Of(name.Value)).Build())));
        foreach (var (oid, member) in Lists)
        {
            json.Set(member, GoJson.Texts(names.Where(name => name.Oid == oid).Select(name => name.Value)));
        }

        return json.Build();
    }

    private static string Last(List<(string Oid, string Value)> names, string oid) =>
        names.FindLast(name => name.Oid == oid).Value ?? "";

    private static string TextOf(AsnReader reader)
    {
        var tag = reader.PeekTag();
        return tag.TagClass is TagClass.Universal && (UniversalTagNumber)tag.TagValue is UniversalTagNumber.UTF8String
            or UniversalTagNumber.PrintableString or UniversalTagNumber.IA5String or UniversalTagNumber.T61String
            or UniversalTagNumber.BMPString or UniversalTagNumber.NumericString or UniversalTagNumber.VisibleString
            ? reader.ReadCharacterString((UniversalTagNumber)tag.TagValue)
            : Convert.ToBase64String(reader.ReadEncodedValue().Span);
    }
}
