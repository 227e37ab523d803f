using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Writ.Server.Storage;

/// <summary>
/// Something that a record can be found by. Of each block of <see cref="Block"/> records it is kept which terms stand
/// in it, once each, as a number: a filter that says where to look, never an answer. That costs a fraction of what an
/// index over the rows would (docs/decisions/0024).
/// </summary>
/// <param name="Of">What it is of the record.</param>
/// <param name="Value">Its text, made to fit.</param>
internal readonly record struct RecordTerm(TermOf Of, string Value)
{
    /// <summary>How many records share what is kept of their terms.</summary>
    public const int Block = 256;

    /// <summary>The number under which it is kept. Callers choose some texts, so it is one that nobody can aim at.
    /// </summary>
    public long Number
    {
        get
        {
            Span<byte> text = stackalloc byte[1 + (RecordIndexRow.MaxText * 3)];
            text[0] = (byte)Of;
            var length = Encoding.UTF8.GetBytes(RecordIndexRow.Fit(Value), text[1..]) + 1;
            Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
            SHA256.HashData(text[..length], hash);
            return BinaryPrimitives.ReadInt64BigEndian(hash);
        }
    }

    /// <summary>How it stands among the terms of a row, between two ends of a line.</summary>
    public string Line => $"\n{(char)Of}{Value}\n";
}

/// <summary>What a term is of its record. Kept in stores: never given another letter.</summary>
internal enum TermOf : byte
{
    /// <summary>Who acted, whom it was about, who acts for whom: any of them.</summary>
    Who = (byte)'w',
    /// <summary>Who acts for whom, in the chain alone.</summary>
    Chain = (byte)'c',
    /// <summary>On whose behalf.</summary>
    User = (byte)'u',
    Workflow = (byte)'f',
    /// <summary>A location, a registered name, or what else was asked about.</summary>
    Resource = (byte)'r',
    Action = (byte)'a',
    /// <summary>The kind, and each of its beginnings before a dot.</summary>
    Kind = (byte)'k',
    Outcome = (byte)'o',
    Reason = (byte)'e',
    /// <summary>The policy's version.</summary>
    Policy = (byte)'p',
    /// <summary>An approval, or the digest of what one is for.</summary>
    Approval = (byte)'v',
    ApprovedBy = (byte)'y',
    /// <summary>A task above the record's own.</summary>
    Above = (byte)'t',
    /// <summary>A credential that it names, beside the one it issued.</summary>
    Credential = (byte)'j',
}
