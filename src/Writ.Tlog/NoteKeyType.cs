namespace Writ.Tlog;

/// <summary>What kind of signature a key makes (C2SP signed-note, “Signature types”).</summary>
public enum NoteKeyType : byte
{
    /// <summary>Ed25519 over the note's text.</summary>
    Ed25519 = 0x01,

    /// <summary>ECDSA over the note's text, SHA-256, in DER.</summary>
    Ecdsa = 0x02,

    /// <summary>A timestamp, and Ed25519 over it and the checkpoint (C2SP tlog-cosignature).</summary>
    Cosignature = 0x04,
}
