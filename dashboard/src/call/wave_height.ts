/** Height of the waveform in CSS pixels. The build names wavesurfer's style by a hash that depends on it. */
export const WAVE_HEIGHT = 176;
