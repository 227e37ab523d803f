using System.Security.Cryptography;

namespace Writ.Server.Tests.Transparency;

/// <summary>RFC 6962 §2.1 as it is written there, by recursion over all entries: nothing of it is shared with ours.
/// </summary>
internal static class ReferenceTree
{
    /// <summary>§2.1, MTH(D[n]).</summary>
    public static byte[] Root(ReadOnlySpan<byte[]> entries)
    {
        if (entries.Length == 0) return SHA256.HashData([]);
        if (entries.Length == 1) return SHA256.HashData([0, .. entries[0]]);
        var k = Split(entries.Length);
        return SHA256.HashData([1, .. Root(entries[..k]), .. Root(entries[k..])]);
    }

    /// <summary>§2.1.1, PATH(m, D[n]).</summary>
    public static IEnumerable<string> Path(int m, ReadOnlySpan<byte[]> entries)
    {
        if (entries.Length == 1) return [];
        var k = Split(entries.Length);
        return m < k
            ? [.. Path(m, entries[..k]), Text(Root(entries[k..]))]
            : [.. Path(m - k, entries[k..]), Text(Root(entries[..k]))];
    }

    /// <summary>§2.1.2, PROOF(m, D[n]).</summary>
    public static IEnumerable<string> Proof(int m, ReadOnlySpan<byte[]> entries) => SubProof(m, entries, true);

    private static IEnumerable<string> SubProof(int m, ReadOnlySpan<byte[]> entries, bool isWhole)
    {
        if (m == entries.Length) return isWhole ? [] : [Text(Root(entries))];
        var k = Split(entries.Length);
        return m <= k
            ? [.. SubProof(m, entries[..k], isWhole), Text(Root(entries[k..]))]
            : [.. SubProof(m - k, entries[k..], false), Text(Root(entries[..k]))];
    }

    private static int Split(int n)
    {
        var k = 1;
        while (k * 2 < n) k *= 2;
        return k;
    }

    private static string Text(byte[] hash) => Convert.ToBase64String(hash);
}
