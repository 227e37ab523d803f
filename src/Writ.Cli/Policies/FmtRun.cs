using Writ.Cli.Policies.Reports;
using Writ.Rego.Bundles;

namespace Writ.Cli.Policies;

/// <summary>What becomes of each file that is formatted.</summary>
internal sealed class FmtRun(Call call, bool isWritten, bool isListed, bool isDiffed, bool fails)
{
    public required Func<string, string, string> Format { get; init; }

    /// <summary>Formats one file; false when it ends the command, which was said.</summary>
    public async Task<bool> FileAsync(PolicyFile file)
    {
        var formatted = Format(file.Name, file.Text);
        var isChanged = formatted != file.Text;
        if (isListed && isChanged)
            await call.Outside.Out.WriteLineAsync(file.Name);
        else if (isDiffed && isChanged)
            await call.Outside.Out.WriteAsync(LineDiff.Of(file.Name, file.Text, formatted));
        if (fails && isChanged)
        {
            await call.Outside.Error.WriteLineAsync($"{file.Name}: unexpected diff");
            return false;
        }

        if (isListed || isDiffed)
            return true;
        if (!isWritten)
            await call.Outside.Out.WriteAsync(formatted);
        else if (isChanged)
            await File.WriteAllTextAsync(Path.GetFullPath(file.Name, call.Outside.Folder), formatted, call.Cancel);
        return true;
    }
}
