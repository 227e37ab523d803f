using Writ.Protocol;
using Writ.Server.Storage;

namespace Writ.Server.Decisions;

/// <summary>A credential that is out, as far as its decision can be made again.</summary>
/// <param name="Holder">Whoever got it, as they are now; null: they are gone.</param>
/// <param name="Authority">What it carries.</param>
/// <param name="Workflow">The workflow of its task; null: none.</param>
/// <param name="Question">What the policy was asked; null: nothing.</param>
/// <param name="IssuedAt">When it was issued.</param>
/// <param name="ExpiresAt">When it ends by itself.</param>
public sealed record Standing(
    Principal? Holder, Authority Authority, string? Workflow, RecordedQuestion? Question, DateTimeOffset IssuedAt,
    DateTimeOffset ExpiresAt);

/// <summary>Why what is out would be given no longer.</summary>
/// <param name="reason">Why.</param>
/// <param name="isOfHolder">Whether that is for the holder's sake alone.</param>
public sealed class Fall(Reason reason, Func<bool> isOfHolder)
{
    public Reason Reason => reason;

    /// <summary>Whatever they hold would fall with it. Costs a look at how the policy came to its no.</summary>
    public bool IsOfHolder => isOfHolder();
}
