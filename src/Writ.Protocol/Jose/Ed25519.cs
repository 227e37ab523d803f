using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Writ.Protocol;

/// <summary>
/// Ed25519 verification by OpenSSL: .NET has none of its own. The policy is OpenSSL's: cofactorless equation,
/// S below the group order (RFC 8032 §5.1.7); keys are judged beforehand by <see cref="EdwardsPoint"/>.
/// </summary>
internal sealed partial class Ed25519 : SafeHandle
{
    private const string Library = "libcrypto.so.3";
    private const int TypeEd25519 = 1087; // NID_ED25519
    private const int SignatureBytes = 64;

    public Ed25519()
        : base(0, ownsHandle: true)
    {
    }

    /// <summary>Whether OpenSSL 3 is here; where it is not, no Ed25519 key is taken.</summary>
    internal static bool IsSupported { get; } = NativeLibrary.TryLoad(
        Library, typeof(Ed25519).Assembly, DllImportSearchPath.SafeDirectories, out _);

    public override bool IsInvalid => handle == 0;

    internal static Ed25519 ImportPublicKey(ReadOnlySpan<byte> key)
    {
        var imported = new Ed25519();
        imported.SetHandle(NewRawPublicKey(TypeEd25519, 0, key, (nuint)key.Length));
        return imported.IsInvalid ? throw new CryptographicException("OpenSSL refused the Ed25519 key.") : imported;
    }

    /// <summary>Safe from any thread: the key is only read, the digest context is this call's own.</summary>
    internal bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        if (signature.Length != SignatureBytes)
            return false;

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
            // A refused signature leaves an entry in OpenSSL's per-thread error queue that .NET's own calls would read.
            ClearErrors();
            FreeContext(context);
            if (held)
                DangerousRelease();
        }
    }

    protected override bool ReleaseHandle()
    {
        FreeKey(handle);
        return true;
    }

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_new_raw_public_key")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint NewRawPublicKey(int type, nint engine, ReadOnlySpan<byte> key, nuint length);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_free")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void FreeKey(nint key);

    [LibraryImport(Library, EntryPoint = "EVP_MD_CTX_new")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint NewContext();

    [LibraryImport(Library, EntryPoint = "EVP_MD_CTX_free")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void FreeContext(nint context);

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
