using Writ.Cli.Profiles;

namespace Writ.Cli.Tests;

/// <summary>A shell without a person: runs commands in this process, with a folder and a home of its own.</summary>
internal sealed class Terminal : IDisposable
{
    private readonly Dictionary<string, string> _variables = new(StringComparer.Ordinal);

    public Terminal(string? addr = null)
    {
        Folder = Directory.CreateTempSubdirectory("writ-cli-").FullName;
        _variables["WRIT_HOME"] = Path.Combine(Folder, "home");
        if (addr is not null)
            _variables["WRIT_ADDR"] = addr;
    }

    public string Folder { get; }

    public WritHome Home => new(_variables["WRIT_HOME"]);

    public string At(string name) => Path.Combine(Folder, name);

    public void Set(string variable, string value) => _variables[variable] = value;

    /// <summary>Runs one command; what it reads from standard input may be given.</summary>
    public async Task<Command> RunAsync(string[] arguments, string input = "")
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        var code = await WritCommand.RunAsync(arguments, new Surroundings
        {
            In = new StringReader(input),
            Out = output,
            Error = errors,
            Variable = name => _variables.GetValueOrDefault(name),
            Folder = Folder,
        });
        return new Command(code, output.ToString(), errors.ToString());
    }

    /// <summary>Runs a command without blanks inside its words.</summary>
    public Task<Command> RunAsync(string line) => RunAsync(line.Split(' '));

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
