using System.Runtime.CompilerServices;
using Writ.Rego.Values;
using Writ.Server.Storage;

namespace Writ.Server.Decisions;

/// <summary>The workflow of a question, made once for each version of a workflow.</summary>
internal static class WorkflowFacts
{
    private static readonly RegoObject.Shape Shape = new("name", "team", "purposes", "max_depth");
    private static readonly ConditionalWeakTable<Workflow, RegoObject> Known = [];

    public static RegoObject Of(Workflow workflow) => Known.GetValue(workflow, static w => Shape.Of(
        RegoString.Of(w.Row.Name), RegoString.Of(w.Row.Team), ContextFacts.Texts(w.Purposes),
        RegoNumber.Of(w.Row.MaxDepth)));
}
