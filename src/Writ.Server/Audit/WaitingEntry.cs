using System.Diagnostics;
using Writ.Server.Storage;

namespace Writ.Server.Audit;

/// <summary>An entry whose caller waits until it is durable.</summary>
/// <param name="entry">What is to be written.</param>
/// <param name="span">Its caller's; null: nobody listens.</param>
internal sealed class WaitingEntry(AppendEntry entry, Activity? span)
{
    public Activity? Span => span;

    public AppendEntry Entry => entry;

    public bool MustBeHeard => entry.Claims.Any(c => c is Claim.Effect { MustBeHeard: true });

    public TaskCompletionSource<AppendOutcome> Outcome { get; } =
        new(TaskCreationOptions.RunContinuationsAsynchronously);
}
