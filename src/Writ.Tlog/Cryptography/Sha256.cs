using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Writ.Tlog;

/// <summary>
/// SHA-256 of short inputs. .NET's goes by OpenSSL's general interface, which costs ten times as much as hashing a node
/// does; that of SHA-256 alone, which OpenSSL has kept since its beginning, costs nothing. Where a build of OpenSSL
/// lacks it, .NET's serves.
/// </summary>
public static unsafe partial class Sha256
{
    private const string Library = "libcrypto.so.3";
    private const int ContextBytes = 112; // SHA256_CTX

    private static readonly bool IsDirect =
        NativeLibrary.TryLoad(Library, typeof(Sha256).Assembly, DllImportSearchPath.SafeDirectories, out var library)
        && NativeLibrary.TryGetExport(library, "SHA256_Init", out _);

    /// <summary>Writes the 32 bytes of the hash.</summary>
    /// <param name="input">What is hashed.</param>
    /// <param name="output">Where the hash goes.</param>
    public static void Hash(ReadOnlySpan<byte> input, Span<byte> output)
    {
        if (!IsDirect)
        {
            SHA256.HashData(input, output);
            return;
        }
        ArgumentOutOfRangeException.ThrowIfLessThan(output.Length, SHA256.HashSizeInBytes, nameof(output));
        var context = stackalloc byte[ContextBytes];
        fixed (byte* from = input, to = output)
        {
            if (Init(context) != 1 || Update(context, from, (nuint)input.Length) != 1 || Final(to, context) != 1)
                throw new CryptographicException("OpenSSL did not hash.");
        }
    }

    // The two that take a moment that is known keep the collector waiting; the one that may take long does not.
    [LibraryImport(Library, EntryPoint = "SHA256_Init")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [SuppressGCTransition]
    private static partial int Init(byte* context);

    [LibraryImport(Library, EntryPoint = "SHA256_Update")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Update(byte* context, byte* data, nuint length);

    [LibraryImport(Library, EntryPoint = "SHA256_Final")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [SuppressGCTransition]
    private static partial int Final(byte* output, byte* context);
}
