using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Writ.Client;

/// <summary>
/// The proofs seen so far, so that each counts once (RFC 9449 §11.1). Bounded: two generations, each as long as a proof
/// can live, and a full one takes no more. Thread-safe. Lost when the process ends; see
/// <see cref="TokenVerifier"/> for what then protects.
/// </summary>
internal sealed class ProofMemory(int capacity, TimeSpan life, TimeProvider time)
{
    private readonly Lock _taking = new();
    private HashSet<UInt128> _current = [];
    private HashSet<UInt128> _previous = [];
    private long _began = time.GetTimestamp();

    internal enum Answer
    {
        New,
        Seen,
        Full,
    }

    internal Answer Take(string jkt, string jti)
    {
        var key = KeyOf(jkt, jti);
        lock (_taking)
        {
            Turn();
            if (_previous.Contains(key))
                return Answer.Seen;
            if (_current.Count >= capacity)
                return _current.Contains(key) ? Answer.Seen : Answer.Full;
            return _current.Add(key) ? Answer.New : Answer.Seen;
        }
    }

    private void Turn()
    {
        var elapsed = time.GetElapsedTime(_began);
        if (elapsed < life)
            return;
        _previous = elapsed < 2 * life ? _current : [];
        _current = [];
        _began = time.GetTimestamp();
    }

    // 128 bits of the hash: nobody finds two jti of their own that collide, nor wants to.
    private static UInt128 KeyOf(string jkt, string jti)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(jkt + "\n" + jti), digest);
        return BinaryPrimitives.ReadUInt128BigEndian(digest);
    }
}
