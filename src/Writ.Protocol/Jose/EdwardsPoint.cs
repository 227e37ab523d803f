using System.Globalization;
using System.Numerics;

namespace Writ.Protocol;

/// <summary>
/// Judges the 32 bytes of an Ed25519 public key (RFC 8032 §5.1.3): canonical, on the curve, not of low order. A
/// signature by a low-order key can be valid for many messages, so such a key proves nothing.
/// </summary>
internal static class EdwardsPoint
{
    private static readonly BigInteger Prime = (BigInteger.One << 255) - 19;

    private static readonly BigInteger D = Modulo(
        -121665 * BigInteger.ModPow(121666, Prime - 2, Prime));

    // The y coordinates of the eight points of small order; ±x share a y.
    private static readonly BigInteger[] LowOrderY =
    [
        BigInteger.One,
        Prime - 1,
        BigInteger.Zero,
        Hex("7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7"),
        Hex("05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826"),
    ];

    internal static bool IsAcceptablePublicKey(ReadOnlySpan<byte> encoded)
    {
        if (encoded.Length != 32)
            return false;

        Span<byte> bytes = stackalloc byte[32];
        encoded.CopyTo(bytes);
        bytes[31] &= 0x7F;
        var y = new BigInteger(bytes, isUnsigned: true);
        if (y >= Prime || LowOrderY.Contains(y))
            return false;

        // x² = (y² − 1) / (d·y² + 1) must be a square: Euler's criterion on numerator × denominator.
        var square = Modulo(y * y);
        var product = Modulo((square - 1) * ((D * square) + 1));
        return BigInteger.ModPow(product, (Prime - 1) / 2, Prime).IsOne;
    }

    private static BigInteger Modulo(BigInteger value)
    {
        var rest = value % Prime;
        return rest.Sign < 0 ? rest + Prime : rest;
    }

    private static BigInteger Hex(string digits) =>
        BigInteger.Parse("0" + digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
