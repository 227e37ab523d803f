using Writ.Tlog;

namespace Writ.Cli.Witnesses;

/// <summary>One log as a witness sees it. Requests for it are judged one after the other, and wait for those of no
/// other log.</summary>
internal sealed class WitnessedLog(
    string origin, IReadOnlyList<VerifierKey> keys, NoteSigner witness, WitnessState state, TimeProvider time)
    : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private volatile SignedNote? _last = state.Read(origin, keys, witness.Key);

    /// <summary>The checkpoint that was cosigned last, with the log's signature and ours; null: none.</summary>
    public SignedNote? Last => _last;

    public async Task<(WitnessAnswer Answer, NoteSignature? Cosignature)> AddAsync(
        WitnessRequest request, CancellationToken cancel)
    {
        // Only who has the log's key gets a turn.
        if (request.Note.Verify(keys).Count == 0) return (WitnessAnswer.Judge(request, keys, null), null);
        await _turn.WaitAsync(cancel);
        try
        {
            var latest = _last is { } last && Checkpoint.TryParse(last.Text, out var known) ? known : null;
            var answer = WitnessAnswer.Judge(request, keys, latest);
            if (!answer.IsYes) return (answer, null);
            var cosignature = witness.Cosign(request.Note.Text, time.GetUtcNow());
            var trusted = request.Note.Signatures.Where(s => keys.Any(key => (key.Name, key.Id) == (s.Name, s.KeyId)));
            var note = request.Note with { Signatures = [.. trusted, cosignature] };
            // The same once more, which anybody can send, changes nothing. Else: whoever asked may be gone.
            if (note.Text != _last?.Text)
                await Task.Run(() => state.Write(origin, note), CancellationToken.None);
            _last = note;
            return (answer, cosignature);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();
}
