using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Writ.Tlog;

/// <summary>
/// Ed25519 (RFC 8032) by OpenSSL: .NET has none of its own. Signatures are judged as OpenSSL does (cofactorless
/// equation, S below the group order); a key must be canonical and not of low order, since a signature by such a key
/// holds for many messages.
/// </summary>
internal sealed partial class Ed25519 : SafeHandle
{
    public const int KeyBytes = 32;
    public const int SignatureBytes = 64;

    private const string Library = "libcrypto.so.3";
    private const int Type = 1087; // NID_ED25519

    private static readonly BigInteger Prime = (BigInteger.One << 255) - 19;

    // The y coordinates of the eight points of small order; ±x share a y.
    private static readonly BigInteger[] LowOrder =
    [
        BigInteger.Zero,
        BigInteger.One,
        Prime - 1,
        Hex("7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7"),
        Hex("05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826"),
    ];

    public Ed25519()
        : base(0, ownsHandle: true)
    {
    }

    public override bool IsInvalid => handle == 0;

    /// <summary>A key that verifies.</summary>
    /// <exception cref="CryptographicException">It is none that we take.</exception>
    public static Ed25519 OfPublicKey(ReadOnlySpan<byte> key)
    {
        if (key.Length != KeyBytes) throw new CryptographicException("An Ed25519 key has 32 bytes.");
        Span<byte> y = stackalloc byte[KeyBytes];
        key.CopyTo(y);
        y[^1] &= 0x7F;
        var number = new BigInteger(y, isUnsigned: true);
        if (number >= Prime || LowOrder.Contains(number))
            throw new CryptographicException("The Ed25519 key is not canonical, or of low order.");
        return Own(NewRawPublicKey(Type, 0, key, (nuint)key.Length));
    }

    /// <summary>A key that signs.</summary>
    /// <exception cref="CryptographicException">It has not 32 bytes.</exception>
    public static Ed25519 OfSeed(ReadOnlySpan<byte> seed) => seed.Length == KeyBytes
        ? Own(NewRawPrivateKey(Type, 0, seed, (nuint)seed.Length))
        : throw new CryptographicException("An Ed25519 seed has 32 bytes.");

    /// <summary>The public half.</summary>
    public byte[] PublicKey()
    {
        var key = new byte[KeyBytes];
        var length = (nuint)key.Length;
        return With(handle => RawPublicKey(handle, key, ref length) == 1)
            ? key
            : throw new CryptographicException("OpenSSL gave no public key.");
    }

    /// <summary>Signs. Safe from any thread, as verifying is: the key is only read.</summary>
    public byte[] Sign(ReadOnlySpan<byte> data)
    {
        var signature = new byte[SignatureBytes];
        var length = (nuint)signature.Length;
        var held = false;
        var context = NewContext();
        try
        {
            DangerousAddRef(ref held);
            return context != 0
                && SignInit(context, 0, 0, 0, handle) == 1
                && Sign(context, signature, ref length, data, (nuint)data.Length) == 1
                    ? signature
                    : throw new CryptographicException("OpenSSL did not sign.");
        }
        finally
        {
            End(context, held);
        }
    }

    /// <summary>Whether the signature holds.</summary>
    public bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        if (signature.Length != SignatureBytes) return false;
        var held = false;
        var context = NewContext();
        try
        {
            DangerousAddRef(ref held);
            return context != 0
                && VerifyInit(context, 0, 0, 0, handle) == 1
                && Verify(context, signature, (nuint)signature.Length, data, (nuint)data.Length) == 1;
        }
        finally
        {
            End(context, held);
        }
    }

    protected override bool ReleaseHandle()
    {
        FreeKey(handle);
        return true;
    }

    private static BigInteger Hex(string digits) =>
        BigInteger.Parse("0" + digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static Ed25519 Own(nint key)
    {
        var owned = new Ed25519();
        owned.SetHandle(key);
        return owned.IsInvalid ? throw new CryptographicException("OpenSSL refused the Ed25519 key.") : owned;
    }

    private bool With(Func<nint, bool> use)
    {
        var held = false;
        try
        {
            DangerousAddRef(ref held);
            return use(handle);
        }
        finally
        {
            if (held) DangerousRelease();
        }
    }

    private void End(nint context, bool held)
    {
        // What was refused leaves an entry in OpenSSL's per-thread error queue that .NET's own calls would read.
        ClearErrors();
        FreeContext(context);
        if (held) DangerousRelease();
    }

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_new_raw_public_key")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint NewRawPublicKey(int type, nint engine, ReadOnlySpan<byte> key, nuint length);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_new_raw_private_key")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint NewRawPrivateKey(int type, nint engine, ReadOnlySpan<byte> key, nuint length);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_get_raw_public_key")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int RawPublicKey(nint key, Span<byte> output, ref nuint length);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_free")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void FreeKey(nint key);

    [LibraryImport(Library, EntryPoint = "EVP_MD_CTX_new")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint NewContext();

    [LibraryImport(Library, EntryPoint = "EVP_MD_CTX_free")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void FreeContext(nint context);

    [LibraryImport(Library, EntryPoint = "EVP_DigestSignInit")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SignInit(nint context, nint keyContext, nint digest, nint engine, nint key);

    [LibraryImport(Library, EntryPoint = "EVP_DigestSign")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Sign(
        nint context, Span<byte> signature, ref nuint signatureLength, ReadOnlySpan<byte> data, nuint dataLength);

    [LibraryImport(Library, EntryPoint = "EVP_DigestVerifyInit")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int VerifyInit(nint context, nint keyContext, nint digest, nint engine, nint key);

    [LibraryImport(Library, EntryPoint = "EVP_DigestVerify")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Verify(
        nint context, ReadOnlySpan<byte> signature, nuint signatureLength, ReadOnlySpan<byte> data, nuint dataLength);

    [LibraryImport(Library, EntryPoint = "ERR_clear_error")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void ClearErrors();
}
