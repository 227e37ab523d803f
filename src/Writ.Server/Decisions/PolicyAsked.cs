using Writ.Protocol;
using Writ.Rego.Values;
using Writ.Server.Policies;
using Writ.Server.Storage;

namespace Writ.Server.Decisions;

/// <summary>What the policy was asked and said, for whoever compares: it is over when they hear of it.</summary>
/// <param name="DecisionId">The decision's id.</param>
/// <param name="Kind">What kind of request: <c>token.issue</c>, <c>task.start</c>, <c>act</c>, <c>access</c>.</param>
/// <param name="Identity">Whom it is about.</param>
/// <param name="Inputs">The questions.</param>
/// <param name="Now">The time of the decision.</param>
/// <param name="Registry">The version of the registry that it rested on.</param>
/// <param name="Obligations">What came with a yes.</param>
/// <param name="No">The no; null: yes.</param>
/// <param name="Size">How large the question is, characters of JSON.</param>
internal sealed record PolicyAsked(
    string DecisionId, string Kind, string Identity, IEnumerable<RegoObject> Inputs, DateTimeOffset Now,
    RegistrySnapshot Registry, Obligations Obligations, PolicyAnswer.Refused? No, int Size)
{
    public static PolicyAsked Of(
        Ask.ByCaller ask, Question question, Facts facts, Obligations obligations, PolicyAnswer.Refused? no,
        int size)
    {
        var (kind, identity) = ask switch
        {
            Ask.Token => ("token.issue", ask.Caller.Principal.Id),
            Ask.WorkToOpen work => ("task.start", work.Task.Agent),
            Ask.Access access => ("access", access.Question.SubjectId),
            _ => ("act", ask.Caller.Principal.Id),
        };
        return new PolicyAsked(
            ask.DecisionId, kind, identity, question.Inputs, facts.Now, facts.Registry, obligations, no, size);
    }
}
