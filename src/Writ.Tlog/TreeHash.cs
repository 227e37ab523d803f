using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Writ.Tlog;

/// <summary>A hash of a Merkle tree: SHA-256 with leaves and nodes told apart (RFC 6962 §2.1, RFC 9162 §2.1.1).
/// </summary>
public readonly struct TreeHash : IEquatable<TreeHash>
{
    /// <summary>Its length in bytes.</summary>
    public const int Size = 32;

    private const byte LeafPrefix = 0;
    private const byte NodePrefix = 1;
    private const int OnStack = 1024;

    private readonly Bytes _bytes;

    private TreeHash(ReadOnlySpan<byte> bytes) => bytes.CopyTo(_bytes);

    /// <summary>The root of the tree without leaves: the hash of nothing.</summary>
    public static TreeHash Empty { get; } = new(SHA256.HashData([]));

    /// <summary>Reads 32 bytes.</summary>
    /// <exception cref="ArgumentException">There are more or fewer.</exception>
    public static TreeHash Of(ReadOnlySpan<byte> bytes) => bytes.Length == Size
        ? new TreeHash(bytes)
        : throw new ArgumentException($"A hash has {Size} bytes.", nameof(bytes));

    /// <summary>The hash of a leaf: <c>SHA-256(0x00 || entry)</c>.</summary>
    public static TreeHash OfLeaf(ReadOnlySpan<byte> entry)
    {
        var length = entry.Length + 1;
        var input = length <= OnStack ? stackalloc byte[OnStack] : new byte[length];
        input[0] = LeafPrefix;
        entry.CopyTo(input[1..]);
        return OfBytes(input[..length]);
    }

    /// <summary>The hash of a node: <c>SHA-256(0x01 || left || right)</c>.</summary>
    public static TreeHash OfNode(in TreeHash left, in TreeHash right)
    {
        Span<byte> input = stackalloc byte[1 + Size + Size];
        input[0] = NodePrefix;
        left.CopyTo(input[1..]);
        right.CopyTo(input[(1 + Size)..]);
        return OfBytes(input);
    }

    /// <summary>Reads standard base64, padded, without anything around it.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out TreeHash hash)
    {
        Span<byte> bytes = stackalloc byte[Size];
        var isHash = Base64.TryDecode(text, bytes, out var length) && length == Size;
        hash = isHash ? new TreeHash(bytes) : default;
        return isHash;
    }

    /// <summary>Writes its bytes.</summary>
    public void CopyTo(Span<byte> destination) => ((ReadOnlySpan<byte>)_bytes).CopyTo(destination);

    /// <summary>Its bytes.</summary>
    public byte[] ToArray() => ((ReadOnlySpan<byte>)_bytes).ToArray();

    /// <summary>Standard base64, as notes and proofs have it.</summary>
    public override string ToString() => Convert.ToBase64String(_bytes);

    /// <inheritdoc/>
    public bool Equals(TreeHash other) => ((ReadOnlySpan<byte>)_bytes).SequenceEqual(other._bytes);

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is TreeHash other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => MemoryMarshal.Read<int>(_bytes);

    /// <summary>Whether they are the same.</summary>
    public static bool operator ==(TreeHash left, TreeHash right) => left.Equals(right);

    /// <summary>Whether they differ.</summary>
    public static bool operator !=(TreeHash left, TreeHash right) => !left.Equals(right);

    private static TreeHash OfBytes(ReadOnlySpan<byte> input)
    {
        Span<byte> output = stackalloc byte[Size];
        Sha256.Hash(input, output);
        return new TreeHash(output);
    }

    [InlineArray(Size)]
    private struct Bytes
    {
        private byte _first;
    }
}
