using Writ.Server.Storage;

namespace Writ.Server.Audit;

/// <summary>An entry whose caller waits until it is durable.</summary>
internal sealed class WaitingEntry(AppendEntry entry)
{
    public AppendEntry Entry => entry;

    public bool MustBeHeard => entry.Claims.Any(c => c is Claim.Effect { MustBeHeard: true });

    public TaskCompletionSource<AppendOutcome> Outcome { get; } =
        new(TaskCreationOptions.RunContinuationsAsynchronously);
}
