using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;

namespace Writ.Protocol;

/// <summary>
/// A NIST curve, y² = x³ − 3x + b over a prime field (SP 800-186 §3.2.1). Only to tell whether a public point lies on
/// it, long before a key object is made: nothing secret passes through this arithmetic.
/// </summary>
internal sealed class WeierstrassCurve
{
    private static readonly WeierstrassCurve P256 = new(
        "P-256",
        256,
        ECCurve.NamedCurves.nistP256,
        "FFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF",
        "5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B");

    private static readonly WeierstrassCurve P384 = new(
        "P-384",
        384,
        ECCurve.NamedCurves.nistP384,
        "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEFFFFFFFF0000000000000000FFFFFFFF",
        "B3312FA7E23EE7E4988E056BE3F82D19181D9C6EFE8141120314088F5013875AC656398D8A2ED19D2A85C8EDD3EC2AEF");

    private static readonly WeierstrassCurve P521 = new(
        "P-521",
        521,
        ECCurve.NamedCurves.nistP521,
        "1FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"
            + "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF",
        "051953EB9618E1C9A1F929A21A0B68540EEA2DA725B99B315F3B8B489918EF10"
            + "9E156193951EC7E937B1652C0BD3BB1BF073573DF883D2C34F1EF451FD46B503F00");

    private readonly BigInteger _prime;
    private readonly BigInteger _b;

    private WeierstrassCurve(string name, int bits, ECCurve named, string prime, string b)
    {
        Name = name;
        Named = named;
        CoordinateBytes = (bits + 7) / 8;
        Bits = bits;
        _prime = Hex(prime);
        _b = Hex(b);
    }

    internal string Name { get; }

    internal int Bits { get; }

    internal ECCurve Named { get; }

    internal int CoordinateBytes { get; }

    internal static WeierstrassCurve? ByName(string? name) => name switch
    {
        "P-256" => P256,
        "P-384" => P384,
        "P-521" => P521,
        _ => null,
    };

    internal static WeierstrassCurve? BySize(int bits) => bits switch
    {
        256 => P256,
        384 => P384,
        521 => P521,
        _ => null,
    };

    internal bool Contains(ReadOnlySpan<byte> xBytes, ReadOnlySpan<byte> yBytes)
    {
        var x = new BigInteger(xBytes, isUnsigned: true, isBigEndian: true);
        var y = new BigInteger(yBytes, isUnsigned: true, isBigEndian: true);
        return x < _prime && y < _prime && ((y * y) - (x * ((x * x) - 3)) - _b) % _prime == 0;
    }

    private static BigInteger Hex(string digits) =>
        BigInteger.Parse("0" + digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
