using System.Buffers;
using System.Text;
using System.Text.Json.Nodes;
using Writ.Tlog;

namespace Writ.Cli.Audit;

/// <summary>
/// A record with the proof that it is in its log: a C2SP tlog-proof whose extra data is the record itself, the core as
/// an entry bundle has it and behind it the detail, if there is one.
/// </summary>
internal sealed record ProofFile(ReadOnlyMemory<byte> Core, ReadOnlyMemory<byte> Detail, LogProof Proof)
{
    public const int MostBytes = 32 << 20;

    private const int SaltBytes = 16;

    /// <summary>The record as people read it: the detail's members behind the core's.</summary>
    public JsonNode? Record
    {
        get
        {
            var core = JsonNode.Parse(Core.Span)!.AsObject();
            if (Detail.Length <= SaltBytes) return core;
            // None of its members stands in a core: Verify has seen to that.
            foreach (var (name, value) in JsonNode.Parse(Detail.Span[SaltBytes..])!.AsObject())
                core[name] = value?.DeepClone();
            return core;
        }
    }

    /// <summary>Whether the core commits to a detail that is not here.</summary>
    public bool IsWithheld => Detail.IsEmpty && CoreText.TryRead(Core.Span, out var text) is null
        && !text.DetailHash.IsEmpty;

    /// <summary>Whether the core names that decision or token.</summary>
    public bool IsOf(string id) => JsonNode.Parse(Core.Span) is JsonObject core
        && ((string?)core["decision_id"] == id || (string?)core["jti"] == id);

    /// <summary>Reads a file.</summary>
    /// <exception cref="UnableException">It is none.</exception>
    public static ProofFile Parse(ReadOnlySpan<byte> file)
    {
        if (file.Length <= MostBytes && LogProof.TryParse(Encoding.UTF8.GetString(file), out var proof)
            && proof.Extra is { Length: >= 2 } extra)
        {
            var length = (extra.Span[0] << 8) + extra.Span[1];
            if (extra.Length >= 2 + length) return new ProofFile(extra.Slice(2, length), extra[(2 + length)..], proof);
        }
        throw new UnableException("It is no proof of a record: writ audit prove writes one.");
    }

    /// <summary>Whether it proves that the record is in the log.</summary>
    /// <returns>The checkpoint that it is in; or why not.</returns>
    public (Checkpoint? Checkpoint, string? Fault) Verify(
        VerifierKey log, IReadOnlyList<VerifierKey> witnesses, int quorum)
    {
        var (checkpoint, fault) = Proof.Verify(TreeHash.OfLeaf(Core.Span), log, witnesses, quorum);
        if (fault is not null) return (null, fault);
        if (CoreText.TryRead(Core.Span, out var text) is { } why) return (null, $"The record's core has {why}.");
        if (Detail.IsEmpty) return (checkpoint, null);
        if (!CoreText.IsCommitted(text.DetailHash, Detail.Span))
            return (null, "The record's core commits to another detail.");
        return CoreText.FaultOf(Core.Span, Detail.Span) is { } wrong
            ? (null, $"The record has {wrong}.")
            : (checkpoint, null);
    }

    public override string ToString()
    {
        var extra = new ArrayBufferWriter<byte>();
        EntryBundle.Add(extra, Core.Span);
        extra.Write(Detail.Span);
        return (Proof with { Extra = extra.WrittenMemory }).ToString();
    }
}
