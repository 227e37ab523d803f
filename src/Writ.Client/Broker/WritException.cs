namespace Writ.Client;

/// <summary>
/// The broker, or a resource, said no, or could not be reached. The texts name codes and ids; a token, an assertion, a
/// proof or a key is never in them (promise P6).
/// </summary>
public sealed class WritException : Exception
{
    /// <summary>Makes one.</summary>
    /// <param name="code">A stable code: <c>not_entitled</c>, <c>broker_unreachable</c>.</param>
    /// <param name="message">One sentence for people.</param>
    /// <param name="inner">What caused it, if something did.</param>
    public WritException(string code, string message, Exception? inner = null)
        : base(message, inner) => Code = code;

    /// <summary>The stable code that docs/errors.md explains; the same that the broker recorded.</summary>
    public string Code { get; }

    /// <summary>
    /// The OAuth error or the title of the problem, coarser than <see cref="Code"/>; null without an answer.
    /// </summary>
    public string? Reason { get; init; }

    /// <summary>The decision, to be looked up in the audit log; null where nothing was decided.</summary>
    public string? DecisionId { get; init; }

    /// <summary>The HTTP status of the answer; 0 without an answer.</summary>
    public int Status { get; init; }

    /// <summary>After how long the broker wants to be asked again; null where it did not say.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The person's yes that is wanted first; null where none would help.</summary>
    public PendingApproval? Approval { get; init; }

    /// <summary>Whether the broker decided against it, as opposed to a fault, an outage or "not so fast".</summary>
    public bool IsRefusal => Status is >= 400 and < 500 and not (408 or 429);
}
