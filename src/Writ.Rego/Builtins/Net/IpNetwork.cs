using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Writ.Rego.Builtins.Net;

/// <summary>An address with a prefix length. The address may have bits beyond the prefix.</summary>
internal readonly record struct IpNetwork(UInt128 Address, int PrefixLength, bool IsV6)
{
    private const int MappedBits = 96;

    public int Bits => IsV6 ? 128 : 32;

    public UInt128 First => Address & ~HostMask;

    public UInt128 Last => Address | HostMask;

    private UInt128 HostMask => PrefixLength >= Bits ? 0 : UInt128.MaxValue >> (128 - Bits + PrefixLength);

    /// <summary>Reads <c>address/length</c>; null when it is not.</summary>
    public static IpNetwork? TryParseCidr(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0 || ParseAddress(text[..slash], out var isV6) is not { } address)
        {
            return null;
        }

        var digits = text.AsSpan(slash + 1);
        return digits.Length is > 0 and <= 3 && (digits.Length == 1 || digits[0] != '0')
            && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            && length <= (isV6 ? 128 : 32)
            ? Plain(address, length, isV6)
            : null;
    }

    /// <summary>Reads an address alone; null when it is not one.</summary>
    public static IpNetwork? TryParseAddress(string text) => ParseAddress(text, out var isV6) is { } address
        ? Plain(address, isV6 ? 128 : 32, isV6)
        : null;

    public bool Contains(IpNetwork other) =>
        IsV6 == other.IsV6 && other.First >= First && other.Last <= Last;

    public bool Meets(IpNetwork other) => IsV6 == other.IsV6 && other.First <= Last && First <= other.Last;

    public static string Show(UInt128 address, bool isV6)
    {
        Span<byte> bytes = stackalloc byte[16];
        for (var i = 15; i >= 0; i--, address >>= 8)
        {
            bytes[i] = (byte)address;
        }

        return new IPAddress(isV6 ? bytes : bytes[12..]).ToString();
    }

    public override string ToString() =>
        $"{Show(Address, IsV6)}/{PrefixLength.ToString(CultureInfo.InvariantCulture)}";

    private static UInt128? ParseAddress(string text, out bool isV6)
    {
        isV6 = text.Contains(':', StringComparison.Ordinal);
        if (!isV6)
        {
            return ParseV4(text);
        }

        if (text.Any(c => !char.IsAsciiHexDigit(c) && c is not (':' or '.'))
            || !IPAddress.TryParse(text, out var address) || address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return null;
        }

        var value = UInt128.Zero;
        foreach (var part in address.GetAddressBytes())
        {
            value = (value << 8) | part;
        }

        return value;
    }

    /// <summary>
    /// Networks of addresses of version 4 in the clothes of version 6 are networks of version 4, as Go has it. Their
    /// lengths count 128 bits: with fewer than the 96 of those clothes they hold others too.
    /// </summary>
    private static IpNetwork Plain(UInt128 address, int length, bool isV6) =>
        isV6 && length >= MappedBits && address >> 32 == 0xFFFF
            ? new IpNetwork(address & uint.MaxValue, length - MappedBits, false)
            : new IpNetwork(address, length, isV6);

    /// <summary>Four decimal numbers without zeros before them.</summary>
    private static UInt128? ParseV4(string text)
    {
        var parts = text.Split('.');
        var value = UInt128.Zero;
        foreach (var part in parts)
        {
            if (part.Length is 0 or > 3 || (part.Length > 1 && part[0] == '0')
                || !byte.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                return null;
            }

            value = (value << 8) | number;
        }

        return parts.Length == 4 ? value : null;
    }
}
