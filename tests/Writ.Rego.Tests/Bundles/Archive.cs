using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Writ.Rego.Bundles;

namespace Writ.Rego.Tests.Bundles;

/// <summary>Packs archives, honest ones and others.</summary>
internal static class Archive
{
    public const string Secret = "a secret of the tests, long enough for HMAC";

    public static readonly BundleVerification Verification = new()
    {
        Keys = new Dictionary<string, BundleKey> { ["key"] = new("HS256", Secret) },
        KeyId = "key",
    };

    public static byte[] Of(params (string Name, string Text)[] files) => Pack(Tar(files));

    public static byte[] Tar(params (string Name, string Text)[] files) =>
        Tar([.. files.Select(file => new PaxTarEntry(TarEntryType.RegularFile, file.Name)
        {
            DataStream = new MemoryStream(Encoding.UTF8.GetBytes(file.Text)),
        })]);

    public static byte[] Tar(params TarEntry[] entries)
    {
        using var stream = new MemoryStream();
        using (var tar = new TarWriter(stream, leaveOpen: true))
            foreach (var entry in entries) tar.WriteEntry(entry);
        return stream.ToArray();
    }

    public static byte[] Pack(ReadOnlySpan<byte> tar)
    {
        using var stream = new MemoryStream();
        using (var gzip = new GZipStream(stream, CompressionLevel.Fastest, leaveOpen: true)) gzip.Write(tar);
        return stream.ToArray();
    }

    /// <summary>The signature of files that are hashed by their bytes.</summary>
    public static (string Name, string Text) Signature(params (string Name, string Text)[] files)
    {
        static string Encoded(object value) =>
            System.Buffers.Text.Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(value));
        var signed = Encoded(new { alg = "HS256" }) + "." + Encoded(new
        {
            files = files.Select(file => new
            {
                name = file.Name,
                hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(file.Text))),
                algorithm = "SHA-256",
            }),
        });
        var mac = HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), Encoding.UTF8.GetBytes(signed));
        var token = $"{signed}.{System.Buffers.Text.Base64Url.EncodeToString(mac)}";
        return (".signatures.json", JsonSerializer.Serialize(new { signatures = (string[])[token] }));
    }

    public static Bundle Read(byte[] packed, string name = "authz", BundleVerification? verification = null) =>
        Bundle.Read(name, new MemoryStream(packed), verification);
}
