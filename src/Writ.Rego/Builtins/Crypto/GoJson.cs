using System.Numerics;
using Writ.Rego.Values;

namespace Writ.Rego.Builtins.Crypto;

/// <summary>Values as Go's encoder writes them: bytes in base 64, what is not there as null.</summary>
internal static class GoJson
{
    public static RegoValue Bytes(ReadOnlyMemory<byte>? bytes) =>
        bytes is { } some ? RegoString.Of(Convert.ToBase64String(some.Span)) : RegoNull.Instance;

    public static RegoNumber Unsigned(ReadOnlySpan<byte> bigEndian) =>
        RegoNumber.Of(new BigInteger(bigEndian, isUnsigned: true, isBigEndian: true));

    public static RegoValue List(IEnumerable<RegoValue> items) =>
        RegoArray.Of(items) is { Count: > 0 } array ? array : RegoNull.Instance;

    public static RegoValue Texts(IEnumerable<string> texts) => List(texts.Select(RegoString.Of));

    public static RegoArray ObjectIdentifier(string oid) => RegoArray.Of(
        oid.Split('.').Select(part => RegoNumber.Parse(part)));
}
