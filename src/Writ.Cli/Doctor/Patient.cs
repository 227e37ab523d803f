using System.Text.Json.Nodes;
using Writ.Cli.Profiles;

namespace Writ.Cli.Doctor;

/// <summary>What the checks look at: one broker as seen from here, and the files on this machine.</summary>
internal sealed class Patient(Call call, string addr, string? dataFolder, HttpClient http)
{
    public Call Call => call;

    public Uri Addr { get; } = new(addr);

    public WritHome Home => call.Home;

    /// <summary>The broker's own files, when it runs on this machine.</summary>
    public string? DataFolder => dataFolder;

    public Task<HttpResponseMessage> GetAsync(string path) => http.GetAsync(addr + path, call.Cancel);

    public async Task<JsonObject> JsonAsync(string path)
    {
        using var answer = await GetAsync(path);
        answer.EnsureSuccessStatusCode();
        return JsonNode.Parse(await answer.Content.ReadAsStringAsync(call.Cancel)) as JsonObject ?? [];
    }
}
