namespace Writ.Cli.Tests.Policies;

/// <summary>A folder with a policy in it, and a shell in that folder.</summary>
public sealed class PolicyFolder : IDisposable
{
    private readonly Terminal _terminal = new();

    public string Folder => _terminal.Folder;

    public void Dispose() => _terminal.Dispose();

    public PolicyFolder Put(string name, string text)
    {
        var path = At(name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return this;
    }

    public string At(string name) => _terminal.At(name);

    public string Read(string name) => File.ReadAllText(At(name));

    /// <summary>Runs <c>writ policy …</c>.</summary>
    public Task<Command> RunAsync(params string[] arguments) => _terminal.RunAsync(["policy", .. arguments]);

    public Task<Command> PipeAsync(string input, params string[] arguments) =>
        _terminal.RunAsync(["policy", .. arguments], input);
}
