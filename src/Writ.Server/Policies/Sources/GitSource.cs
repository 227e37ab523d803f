using System.Diagnostics;
using System.Globalization;
using System.Text;
using Writ.Rego;

namespace Writ.Server.Policies.Sources;

/// <summary>
/// A Git repository at a commit: what its reference names. Read by commands that run none of what a repository can
/// configure: no hooks, filters, pagers, fetches or replaced objects; its work tree is not looked at.
/// </summary>
public sealed class GitSource(string repository, string reference, string scratch) : IPolicySource
{
    private const int MaxList = 4 << 20;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly string[] Extensions = [".rego", ".json", ".yaml", ".yml"];

    public string Name => $"git {repository} {reference}";

    public async Task<SourceState?> ReadAsync(string? seen, CancellationToken cancel)
    {
        RefuseWhatOthersWrite();
        var commit = (await TextAsync(
            cancel, "rev-parse", "--verify", "--quiet", "--end-of-options", reference + "^{commit}")).Trim();
        if (commit.Length is not (40 or 64) || !commit.All(char.IsAsciiHexDigitLower))
            throw new PolicySourceException($"{reference} names no commit.");
        if (commit == seen) return null;
        // Written beside our own files and read like any folder, so that both mean the same.
        var folder = Directory.CreateTempSubdirectory("writ-policy-").FullName;
        try
        {
            await WriteAsync(folder, commit, cancel);
            return new SourceState(commit, FolderSource.Load(folder));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or RegoError)
        {
            throw new PolicySourceException(e.Message, e);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Where references and objects lie. An object is what its name says, whoever wrote it.</summary>
    private void RefuseWhatOthersWrite()
    {
        var inner = Path.Combine(repository, ".git");
        var bare = Directory.Exists(inner) ? inner : repository;
        string[] parts = ["HEAD", "config", "packed-refs", "objects", "refs"];
        OthersMayWrite.Refuse(new DirectoryInfo(repository));
        OthersMayWrite.Refuse(new DirectoryInfo(bare));
        foreach (var part in parts) OthersMayWrite.Refuse(new DirectoryInfo(Path.Combine(bare, part)));
        var refs = new DirectoryInfo(Path.Combine(bare, "refs"));
        if (!refs.Exists) return; // git says what is wrong with it
        foreach (var one in refs.EnumerateFileSystemInfos("*", FolderSource.Everything)) OthersMayWrite.Refuse(one);
    }

    private async Task WriteAsync(string folder, string commit, CancellationToken cancel)
    {
        long total = 0;
        var count = 0;
        var list = await TextAsync(cancel, "ls-tree", "-r", "-z", "--long", "--full-tree", commit);
        foreach (var line in list.Split('\0', StringSplitOptions.RemoveEmptyEntries))
        {
            // MODE SP blob SP ID SP* SIZE TAB PATH: links and modules of others are no files.
            var (head, path) = (line[..line.IndexOf('\t', StringComparison.Ordinal)], line[(line.IndexOf('\t') + 1)..]);
            var words = head.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words is not [var mode, "blob", var id, var size] || mode is not ("100644" or "100755")) continue;
            if (!IsOfPolicy(path)) continue;
            total += long.Parse(size, CultureInfo.InvariantCulture);
            if (total > FolderSource.Limits.TotalBytes || ++count > FolderSource.Limits.Files)
                throw new PolicySourceException("There is more in it than a policy may be.");
            await File.WriteAllBytesAsync(Place(folder, path), await RunAsync(cancel, "cat-file", "blob", id), cancel);
        }
    }

    private static bool IsOfPolicy(string path) =>
        Path.GetFileName(path) == ".manifest" || Extensions.Contains(Path.GetExtension(path), StringComparer.Ordinal);

    /// <summary>Git itself refuses such names; whoever wrote the objects by hand may not have.</summary>
    private static string Place(string folder, string path)
    {
        var place = Path.GetFullPath(Path.Combine(folder, path));
        if (!place.StartsWith(folder + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            throw new PolicySourceException($"The name {path} leads out of the repository.");
        Directory.CreateDirectory(Path.GetDirectoryName(place)!);
        return place;
    }

    private async Task<string> TextAsync(CancellationToken cancel, params string[] arguments) =>
        Encoding.UTF8.GetString(await RunAsync(cancel, arguments));

    private async Task<byte[]> RunAsync(CancellationToken cancel, params string[] arguments)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(Patience);
        using var git = Process.Start(Start(arguments)) ?? throw new PolicySourceException("git cannot be started.");
        try
        {
            git.StandardInput.Close();
            var errors = git.StandardError.ReadToEndAsync(limit.Token);
            var output = await ReadAsync(git.StandardOutput.BaseStream, limit.Token);
            await git.WaitForExitAsync(limit.Token);
            return git.ExitCode == 0
                ? output
                : throw new PolicySourceException(
                    (await errors).Trim() is { Length: > 0 } said ? said : $"{reference} is not in {repository}.");
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new PolicySourceException($"git took longer than {Patience.TotalSeconds} s.");
        }
        finally
        {
            if (!git.HasExited) git.Kill(entireProcessTree: true);
        }
    }

    private static async Task<byte[]> ReadAsync(Stream from, CancellationToken cancel)
    {
        using var all = new MemoryStream();
        var buffer = new byte[64 * 1024];
        for (int read; (read = await from.ReadAsync(buffer, cancel)) > 0;)
        {
            if (all.Length + read > MaxList + FolderSource.Limits.FileBytes)
                throw new PolicySourceException("There is more in it than a policy may be.");
            all.Write(buffer, 0, read);
        }
        return all.ToArray();
    }

    private ProcessStartInfo Start(string[] arguments)
    {
        var start = new ProcessStartInfo("git")
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = scratch,
        };
        string[] harmless =
        [
            "--no-pager", "--no-replace-objects", "--literal-pathspecs",
            "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "protocol.allow=never",
            "-c", $"safe.directory={repository}", "-C", repository,
        ];
        foreach (var argument in (string[])[.. harmless, .. arguments]) start.ArgumentList.Add(argument);
        // Nothing of ours is told to it, and nobody else's configuration counts.
        var path = start.Environment["PATH"];
        start.Environment.Clear();
        start.Environment["PATH"] = path;
        start.Environment["LC_ALL"] = "C.UTF-8";
        start.Environment["GIT_CONFIG_NOSYSTEM"] = "1";
        start.Environment["GIT_CONFIG_GLOBAL"] = "/dev/null";
        start.Environment["GIT_TERMINAL_PROMPT"] = "0";
        start.Environment["GIT_NO_LAZY_FETCH"] = "1";
        start.Environment["GIT_OPTIONAL_LOCKS"] = "0";
        return start;
    }
}
