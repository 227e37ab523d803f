using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Writ.Tlog;

namespace Writ.Server.Audit;

/// <summary>What a record is in the tree: its core's bytes. Records of before there was a tree may be longer than an
/// entry of tlog-tiles can be; of those it is their digest and length.</summary>
public static class LogLeaf
{
    public static ReadOnlyMemory<byte> Of(ReadOnlyMemory<byte> core) => core.Length <= EntryBundle.MaxEntry
        ? core
        : Encoding.UTF8.GetBytes(string.Create(
            CultureInfo.InvariantCulture,
            $$"""{"length":{{core.Length}},"sha256":"{{Base64Url.EncodeToString(SHA256.HashData(core.Span))}}"}"""));
}
