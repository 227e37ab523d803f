using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Writ.Rego.Builtins.Crypto;

/// <summary>Signatures of Ed25519 by OpenSSL: .NET has none of its own.</summary>
internal sealed partial class Ed25519 : SafeHandle
{
    public const int KeyBytes = 32;

    private const string Library = "libcrypto.so.3";
    private const int TypeEd25519 = 1087; // NID_ED25519
    private const int SignatureBytes = 64;

    public Ed25519()
        : base(0, ownsHandle: true)
    {
    }

    public override bool IsInvalid => handle == 0;

    private static bool IsSupported { get; } = NativeLibrary.TryLoad(
        Library, typeof(Ed25519).Assembly, DllImportSearchPath.SafeDirectories, out _);

    public static Ed25519 ImportPublicKey(ReadOnlySpan<byte> key) => Import(key, isPrivate: false);

    public static Ed25519 ImportPrivateKey(ReadOnlySpan<byte> seed) => Import(seed, isPrivate: true);

    public bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        using var context = new DigestContext();
        return signature.Length == SignatureBytes
            && VerifyInit(context.Value, 0, 0, 0, this) == 1
            && DigestVerify(context.Value, signature, SignatureBytes, data, (nuint)data.Length) == 1;
    }

    public byte[] Sign(ReadOnlySpan<byte> data)
    {
        using var context = new DigestContext();
        var signature = new byte[SignatureBytes];
        nuint length = SignatureBytes;
        return SignInit(context.Value, 0, 0, 0, this) == 1
            && DigestSign(context.Value, signature, ref length, data, (nuint)data.Length) == 1
            ? signature
            : throw new CryptographicException("OpenSSL could not sign.");
    }

    protected override bool ReleaseHandle()
    {
        FreeKey(handle);
        return true;
    }

    private static Ed25519 Import(ReadOnlySpan<byte> key, bool isPrivate)
    {
        if (!IsSupported || key.Length != KeyBytes)
        {
            throw new CryptographicException("not a key of Ed25519, or OpenSSL is not here");
        }

        var imported = new Ed25519();
        imported.SetHandle(isPrivate
            ? NewRawPrivateKey(TypeEd25519, 0, key, KeyBytes)
            : NewRawPublicKey(TypeEd25519, 0, key, KeyBytes));
        return imported.IsInvalid ? throw new CryptographicException("OpenSSL refused the key.") : imported;
    }

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_new_raw_public_key")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint NewRawPublicKey(int type, nint engine, ReadOnlySpan<byte> key, nuint length);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_new_raw_private_key")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint NewRawPrivateKey(int type, nint engine, ReadOnlySpan<byte> key, nuint length);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_free")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void FreeKey(nint key);

    [LibraryImport(Library, EntryPoint = "EVP_DigestVerifyInit")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int VerifyInit(nint context, nint keyContext, nint digest, nint engine, Ed25519 key);

    [LibraryImport(Library, EntryPoint = "EVP_DigestVerify")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int DigestVerify(
        nint context, ReadOnlySpan<byte> signature, nuint signatureLength, ReadOnlySpan<byte> data, nuint dataLength);

    [LibraryImport(Library, EntryPoint = "EVP_DigestSignInit")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SignInit(nint context, nint keyContext, nint digest, nint engine, Ed25519 key);

    [LibraryImport(Library, EntryPoint = "EVP_DigestSign")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int DigestSign(
        nint context, Span<byte> signature, ref nuint signatureLength, ReadOnlySpan<byte> data, nuint dataLength);

    /// <summary>
    /// One call's own; a failure's entry in OpenSSL's queue, which .NET's own calls would read, goes with it.
    /// </summary>
    private readonly partial struct DigestContext : IDisposable
    {
        public DigestContext() => Value = NewContext();

        public nint Value { get; }

        public void Dispose()
        {
            ClearErrors();
            FreeContext(Value);
        }

        [LibraryImport(Library, EntryPoint = "EVP_MD_CTX_new")]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        private static partial nint NewContext();

        [LibraryImport(Library, EntryPoint = "EVP_MD_CTX_free")]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        private static partial void FreeContext(nint context);

        [LibraryImport(Library, EntryPoint = "ERR_clear_error")]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        private static partial void ClearErrors();
    }
}
