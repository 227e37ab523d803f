using Writ.Server.Acts;
using Writ.Server.Audit;
using Writ.Server.Decisions;
using Writ.Server.Storage;

namespace Writ.Server.Access;

/// <summary>Makes inquiries of questions: looks up what the broker itself knows of whom and what they name.</summary>
public sealed class Inquiries(FactSource facts, TaskStore tasks, IdSource ids)
{
    /// <summary>The inquiry. Only who claims all that it claims takes its task as it was last seen.</summary>
    internal async Task<Inquiry> OfAsync(ActCall call, AccessQuestion question, bool looksAgain = false)
    {
        var line = await LineAsync(question, looksAgain, call.Cancel);
        var known = await facts.ForAccessAsync(question, line, call.Cancel);
        var ask = new Ask.Access { DecisionId = ids.Next("dec"), Caller = call.Caller, Question = question };
        var e = (call.Event(EvaluationEndpoint.Action) with { Subject = question.SubjectId, IsAnswer = true })
            .With("action", question.Action)
            .With("resource", $"{question.ResourceType} {question.ResourceId}")
            .With("asked_task", question.Task)
            .With("asked_as", AskingRequest.IdOf(call.Http));
        return new Inquiry(ask, known, e);
    }

    private async Task<TaskLine?> LineAsync(AccessQuestion question, bool looksAgain, CancellationToken cancel)
    {
        if (question.Task is not { } id) return null;
        var task = looksAgain ? await tasks.FindAsync(id, cancel) : await tasks.FindSeenOpenAsync(id, cancel);
        return task is null ? null : new TaskLine(task, await tasks.AboveAsync(task, cancel));
    }
}

/// <summary>One question ready to be decided: with the facts that it is about, and what its record says.</summary>
internal sealed record Inquiry(Ask.Access Ask, Facts Facts, AuditEvent Event)
{
    /// <summary>What must hold still when the answer is recorded: it says how things are, so whoever was suspended, and
    /// whatever ended, meanwhile is not allowed anything.</summary>
    public IReadOnlyList<Claim> Claims { get; } =
    [
        .. Facts.Agent is { } subject ? [new Claim.PrincipalCurrent(subject.Id, subject.Version)] : (Claim[])[],
        .. Facts.TaskLine is { } line ? [new Claim.TaskOpen(line.Task.Id)] : (Claim[])[],
    ];
}
