namespace Writ.Rego.Builtins.Templates;

/// <summary>A part of a template.</summary>
internal abstract record TemplateNode
{
    private TemplateNode()
    {
    }

    /// <summary>What stands outside of actions.</summary>
    internal sealed record Text(string Value) : TemplateNode;

    /// <summary>A pipeline whose value is printed, unless it only sets variables.</summary>
    internal sealed record Action(TemplatePipe Pipe) : TemplateNode;

    /// <summary><c>if</c>, <c>with</c> and <c>range</c>.</summary>
    internal sealed record Branch(
        string Word, TemplatePipe Pipe, IReadOnlyList<TemplateNode> Body, IReadOnlyList<TemplateNode> Else)
        : TemplateNode;

    /// <summary>Another template, run with a value.</summary>
    internal sealed record Call(string Name, TemplatePipe? Pipe) : TemplateNode;

    /// <summary><c>break</c> or <c>continue</c>.</summary>
    internal sealed record Jump(bool IsBreak) : TemplateNode;
}
